"""What every answer has in common: the clock, conditional requests, headers, refusals."""

import gzip
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache, partial
from hashlib import blake2b
from typing import Any, NoReturn

import flask
import msgspec
from flask import Response, abort, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from newsarchive.permalink import with_args

MAX_REQUEST_LINE = 4096
#: asked for again each time, with its ETag; by a cache that many share, once a second
FRESH = "public, max-age=0, s-maxage=1"
#: what is smaller does not gain by it
LEAST_GZIPPED = 1000
#: a third faster than 6 and hardly larger; and the best of ISA-L's
GZIP_LEVEL, ISAL_LEVEL = 4, 3
_RAW = re.compile(r"[^\x00-\x7f]")
#: no script or style but the site's own files; pictures from anywhere, as archives have them
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: http:;"
    " media-src 'self' https: http:; font-src 'self'; connect-src 'self'; manifest-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
}


class Request(flask.Request):
    """A request whose query may hold raw bytes: they are read as if percent-encoded, as RFC 3986
    (2.1) wants them; Werkzeug fails on those that are no UTF-8."""

    def __init__(self, environ: dict[str, Any], *args: Any, **more: Any) -> None:
        raw = environ.get("QUERY_STRING", "")  # PEP 3333: a character a byte
        environ["QUERY_STRING"] = _RAW.sub(lambda byte: f"%{ord(byte[0]):02X}", raw)
        super().__init__(environ, *args, **more)


def now() -> datetime:
    """The time of this request: the one place of the website that reads the clock."""
    return datetime.now(UTC)


def answer(
    body: str | bytes, media_type: str, *, cache: str = FRESH, status: int = 200
) -> Response:
    """An answer that says what it is; a 200 has an ETag of its bytes, and is a 304 to who has them
    (RFC 9110, 13.2.1: conditions are of answers that would be 200), and gzipped to who can read
    that."""
    data = body.encode() if isinstance(body, str) else body
    if status != 200:
        response = make_response(data, status)
        response.content_type = media_type
        response.headers["Cache-Control"] = "no-cache" if cache == FRESH else cache
        return response
    response = begun(blake2b(data, digest_size=12).hexdigest(), zipped=_zips(data), cache=cache)
    if response.status_code == 200:
        zipped = response.content_encoding == "gzip"
        response.set_data(gzipper()(data) if zipped else data)
        response.content_type = media_type
    return response


@cache
def gzipper() -> Callable[[bytes], bytes]:
    """What makes gzip (RFC 1952). ISA-L, where it is installed, takes a quarter of the time, and
    makes three bytes in a hundred more."""
    try:
        from isal import igzip  # noqa: PLC0415 - an extra
    except ImportError:
        return partial(gzip.compress, compresslevel=GZIP_LEVEL, mtime=0)
    return partial(igzip.compress, compresslevel=ISAL_LEVEL, mtime=0)


def begun(etag: str, *, zipped: bool, cache: str) -> Response:
    """An answer without its body: 304 to who has that, in either encoding."""
    response = make_response()
    if is_known((etag, f"{etag}-gzip"), None):
        response.status_code = 304
    elif zipped:
        response.content_encoding = "gzip"
    response.set_etag(f"{etag}-gzip" if zipped else etag)
    response.headers["Cache-Control"] = cache
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _zips(data: bytes) -> bool:
    return len(data) >= LEAST_GZIPPED and accepts_gzip()


def accepts_gzip() -> bool:
    """Whether this request takes it."""
    return request.accept_encodings["gzip"] > 0


def html(body: str, *, cache: str = FRESH, status: int = 200) -> Response:
    """An HTML page."""
    return answer(body, "text/html; charset=utf-8", cache=cache, status=status)


def json(value: object, *, cache: str = FRESH, status: int = 200) -> Response:
    """A JSON document that any page may fetch."""
    body, media_type = msgspec.json.encode(value), "application/json; charset=utf-8"
    response = answer(body, media_type, cache=cache, status=status)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def moved(address: str, *, keep_args: bool = True) -> BaseResponse:
    """A permanent redirect within the site; ``address`` begins with one slash."""
    args = dict(request.args.items()) if keep_args else {}
    return redirect(with_args(address, args), code=301)


def is_known(etags: Iterable[str], modified: datetime | None) -> bool:
    """Whether this request says that it has an answer with one of these ETags, or of this time.

    RFC 9110, 13.1.2 and 13.1.3: what it says of ETags wins; a date that cannot be read says
    nothing.
    """
    if "If-None-Match" in request.headers:
        return any(request.if_none_match.contains_weak(etag) for etag in etags)
    since = request.if_modified_since
    return since is not None and modified is not None and modified <= since


def missing() -> NoReturn:
    """404."""
    abort(404)


def refuse_odd_addresses() -> None:
    """414 for a request line that no address of this site needs; 404 for empty segments, which
    elsewhere would be read as another host (RFC 3986, 4.2)."""
    if len(request.environ.get("PATH_INFO", "")) + len(request.query_string) > MAX_REQUEST_LINE:
        abort(414)
    if "//" in request.environ.get("PATH_INFO", ""):
        abort(404)


def secure(response: Response) -> Response:
    """Put the security headers on an answer; those it has already stay."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
