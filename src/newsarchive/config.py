"""Settings: one frozen value, read from defaults, ``newsarchive.toml`` and ``NEWSARCHIVE_*``."""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from newsarchive.errors import ConfigError

FILE = "newsarchive.toml"
PREFIX = "NEWSARCHIVE_"
ENGINES = ("whoosh", "tantivy")
LOGS = ("text", "json", "none")
DEFAULT_AUTHORITY = "newsarchive.invalid,2026"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What is in force. Each field is a key of ``newsarchive.toml`` and ``NEWSARCHIVE_<KEY>``."""

    #: name of the site
    title: str = "Archive"
    #: one sentence under it
    description: str = ""
    #: where readers find the site: scheme and host, no path
    site_url: str = "http://127.0.0.1:8000"
    #: BCP 47; of the pages, and of entries that name no other
    language: str = "en"
    #: IANA name; of dates that name no other
    timezone: str = "UTC"
    #: authority of permanent ids (RFC 4151): a host or address that was yours on a date
    tag_authority: str = DEFAULT_AUTHORITY
    #: the Markdown
    articles_dir: Path = Path("articles")
    #: what is derived from it; may be deleted
    data_dir: Path = Path("data")
    #: address that ``serve`` listens on
    host: str = "127.0.0.1"
    #: port that ``serve`` listens on
    port: int = 8000
    #: entries on a page of a list
    page_size: int = 30
    #: days for which an open story leads the home page after its last update
    running_days: int = 30
    #: whether feeds give whole texts; else summaries
    feed_full_text: bool = True
    #: whether feeds give the Markdown too
    feed_markdown: bool = False
    #: what looks for words: ``whoosh``, or ``tantivy`` for large archives
    search_engine: str = "whoosh"
    #: a line for each request on standard error: ``text``, ``json`` or ``none``
    access_log: str = "text"
    #: WebSub hub that is told of what is new; empty for none
    hub: str = ""

    #: key -> where its value came from: ``default``, a file, an environment variable
    origins: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.timezone)


KEYS = tuple(each.name for each in fields(Config) if each.name != "origins")


def load_config(
    path: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Config:
    """Read the settings in force.

    The file is ``path``, else the first ``newsarchive.toml`` upwards from ``directory`` (the
    working directory), else the one in the articles folder, so that an archive can carry its
    own. Relative paths are relative to that file's folder; without one, to ``directory``.
    Environment variables win over the file.

    Raises:
        ConfigError: an unknown key, a bad value, a file that is missing or no TOML.
    """
    environ = os.environ if environ is None else environ
    directory = (directory or Path.cwd()).resolve()
    path = path or _upwards(directory)
    found = _from_file(path, path.resolve().parent) if path else {}
    found |= _from_environ(environ, directory)
    if path is None:
        own = found.get("articles_dir", (directory / "articles", ""))[0]
        carried = Path(str(own)) / FILE
        if carried.is_file():
            found = _carried(carried) | found
    root = path.resolve().parent if path else directory
    return _build(found, root)


def _upwards(directory: Path) -> Path | None:
    for folder in (directory, *directory.parents):
        if (folder / FILE).is_file():
            return folder / FILE
    return None


Values = dict[str, tuple[object, str]]


def _from_file(path: Path, root: Path) -> Values:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(str(path), "", f"cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), "", f"is not TOML: {error}") from error
    return {key: (_read(key, value, str(path), root), str(path)) for key, value in table.items()}


def _carried(path: Path) -> Values:
    found = _from_file(path, path.parent)
    for key in ("articles_dir", "data_dir"):
        if key in found:
            raise ConfigError(
                str(path), key, "cannot be set by the file inside the articles folder"
            )
    return found


def _from_environ(environ: Mapping[str, str], root: Path) -> Values:
    found: Values = {}
    for name, value in environ.items():
        if name.startswith(PREFIX):
            key = name.removeprefix(PREFIX).lower()
            if key == "config":
                continue
            found[key] = (_read(key, value, name, root), name)
    return found


def _read(key: str, value: object, origin: str, root: Path) -> object:
    if key not in KEYS:
        raise ConfigError(origin, key, f"not a setting; there are {', '.join(KEYS)}")
    return _READERS.get(key, _text)(key, value, origin, root)


def _build(found: Values, root: Path) -> Config:
    values = {key: value for key, (value, _) in found.items()}
    for key in ("articles_dir", "data_dir"):
        values.setdefault(key, root / getattr(Config(), key))
    origins = {key: found[key][1] if key in found else "default" for key in KEYS}
    config = Config(**values, origins=origins)  # type: ignore[arg-type]  # each was read by its reader
    if config.data_dir == config.articles_dir or config.articles_dir in config.data_dir.parents:
        raise ConfigError(
            origins["data_dir"], "data_dir", "cannot lie inside articles_dir, which is yours alone"
        )
    return config


def _text(key: str, value: object, origin: str, root: Path) -> str:  # noqa: ARG001 - a reader's shape
    if not isinstance(value, str) or (not value.strip() and key != "description"):
        raise ConfigError(origin, key, f"a text in quotes is wanted, not {value!r}")
    return value.strip()


def _path(key: str, value: object, origin: str, root: Path) -> Path:
    return (root / Path(_text(key, value, origin, root)).expanduser()).resolve()


def _number(low: int, high: int) -> Callable[[str, object, str, Path], int]:
    def read(key: str, value: object, origin: str, root: Path) -> int:  # noqa: ARG001 - a reader's shape
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value.strip()):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ConfigError(
                origin, key, f"a number from {low} to {high} is wanted, not {value!r}"
            )
        return value

    return read


def _one_of(*choices: str) -> Callable[[str, object, str, Path], str]:
    def read(key: str, value: object, origin: str, root: Path) -> str:
        text = _text(key, value, origin, root)
        if text not in choices:
            raise ConfigError(origin, key, f"one of {', '.join(choices)} is wanted, not {value!r}")
        return text

    return read


def _flag(key: str, value: object, origin: str, root: Path) -> bool:  # noqa: ARG001 - a reader's shape
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    flag = words.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(flag, bool):
        raise ConfigError(origin, key, f"true or false is wanted, not {value!r}")
    return flag


def _hub(key: str, value: object, origin: str, root: Path) -> str:
    text = value.strip() if isinstance(value, str) else _text(key, value, origin, root)
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if text and (not good or parts.username or re.search(r"\s", text)):
        raise ConfigError(
            origin, key, f"an address is wanted, as https://hub.example.org/, not {value!r}"
        )
    return text


def _site_url(key: str, value: object, origin: str, root: Path) -> str:
    text = _text(key, value, origin, root).rstrip("/")
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.path or parts.query or parts.fragment or parts.username:
        raise ConfigError(
            origin, key, f"scheme and host are wanted, as https://example.org, not {value!r}"
        )
    return text


def _language(key: str, value: object, origin: str, root: Path) -> str:
    text = _text(key, value, origin, root)
    try:
        Locale.parse(text, sep="-")
    except (UnknownLocaleError, ValueError) as error:
        raise ConfigError(
            origin, key, f"a language is wanted, as fr or en-GB, not {value!r}"
        ) from error
    return text


def _timezone(key: str, value: object, origin: str, root: Path) -> str:
    text = _text(key, value, origin, root)
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(
            origin, key, f"a time zone is wanted, as Europe/Paris, not {value!r}"
        ) from error
    return text


def _authority(key: str, value: object, origin: str, root: Path) -> str:
    text = _text(key, value, origin, root)
    if not re.fullmatch(r"[A-Za-z0-9.@_+-]+,\d{4}(-\d\d){0,2}", text):
        raise ConfigError(
            origin,
            key,
            f"a host and a date when it was yours are wanted, as example.org,2026, not {value!r}",
        )
    return text


_READERS: dict[str, Callable[[str, object, str, Path], object]] = {
    "site_url": _site_url, "language": _language, "timezone": _timezone,
    "tag_authority": _authority, "articles_dir": _path, "data_dir": _path,
    "port": _number(0, 65535), "page_size": _number(1, 100), "running_days": _number(0, 3650),
    "feed_full_text": _flag, "feed_markdown": _flag, "hub": _hub,
    "search_engine": _one_of(*ENGINES), "access_log": _one_of(*LOGS),
}  # fmt: skip
