"""The files of the site's looks, sent by WhiteNoise: each at its name, and at one that holds the
hash of its content, which may be kept for ever (RFC 8246)."""

from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from whitenoise import WhiteNoise

from newsarchive import permalink
from newsarchive.web.http import SECURITY_HEADERS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from whitenoise.base import Headers

#: how long a file is kept at its plain name
PLAIN_SECONDS = 3600
_FOLDER = Path(str(files("newsarchive.web").joinpath("static")))


@lru_cache(maxsize=64)
def address(name: str) -> str:
    """Where a file is that is as it is now."""
    digest = blake2b((_FOLDER / name).read_bytes(), digest_size=6).hexdigest()
    stem, dot, ending = name.rpartition(".")
    return permalink.static(f"{stem}.{digest}{dot}{ending}")


def served(app: "WSGIApplication") -> WhiteNoise:
    """An application with the files before it."""
    noise = WhiteNoise(
        app,
        max_age=PLAIN_SECONDS,
        immutable_file_test=lambda path, url: url == address(Path(path).name),
        add_headers_function=_secure,
    )
    for file in _FOLDER.iterdir():
        for url in (permalink.static(file.name), address(file.name)):
            noise.add_file_to_dictionary(url, str(file))
    noise.add_file_to_dictionary("/favicon.ico", str(_FOLDER / "favicon.ico"))
    return noise


def _secure(headers: "Headers", _path: str, _url: str) -> None:
    for name, value in SECURITY_HEADERS.items():
        headers[name] = value
