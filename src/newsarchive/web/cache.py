"""Answers kept as bytes, in front of the application: a WSGI layer.

What may be kept says so itself (``keep_until``). It is used while the catalogue is as it was when
the answer was begun, and until its time; conditions of requests are answered from it (RFC 9110,
13.1). Everything else goes to the application.
"""

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header, parse_date

from newsarchive.catalogue import Mark

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    Headers = list[tuple[str, str]]

#: bytes of all that is kept in one process, and of one answer
MOST_BYTES, MOST_OF_ONE = 32_000_000, 1_000_000
#: beside its body and its headers
_OVERHEAD = 1_000
#: what an application says of an answer that may be kept: until when, in seconds from 1970 UTC
KEEP_UNTIL = "newsarchive.keep_until"
#: conditions that only it looks at
_OTHERS = ("HTTP_RANGE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
#: of the body, which a 304 has not (RFC 9110, 15.4.5)
_OF_BODIES = frozenset(
    {"allow", "content-encoding", "content-language", "content-length", "content-type",
     "last-modified"}
)  # fmt: skip

#: ways to say what encodings are accepted that are remembered
_MOST_ACCEPTED = 1_000

_Key = tuple[str, str, str, bool, bool]


class _Kept(NamedTuple):
    """An answer, and what it says to who has it."""

    mark: Mark
    #: seconds from 1970 UTC: it holds between them, also where a clock is set back
    since: float
    until: float
    headers: "Headers"
    #: None where it is not known: somebody had it already
    body: bytes | None
    #: as in the header
    etag: str
    modified: str
    headers_of_304: "Headers"

    @property
    def size(self) -> int:
        """Bytes, roughly."""
        return len(self.body or b"") + _OVERHEAD


class Cache:
    """Keeps what an application answers; shared by threads.

    ``mark`` tells the state of what is answered from, None while nothing may be kept; ``clock``
    the seconds from 1970 UTC.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        mark: Callable[[], Mark | None],
        clock: Callable[[], float],
        *,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._app, self._mark, self._clock = app, mark, clock
        self._most_bytes = most_bytes
        self._kept: dict[_Key, _Kept] = {}
        self._bytes = 0
        self._lock = threading.Lock()
        #: whether gzip may be sent, by what a request says of that
        self._zips: dict[str, bool] = {"": False}

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        query = environ.get("QUERY_STRING", "")
        # what has words is of the index, which changes when it will
        is_other = method not in ("GET", "HEAD") or "q=" in query
        mark = None if is_other else self._mark()
        if mark is None or not environ.keys().isdisjoint(_OTHERS):
            return self._app(environ, start_response)
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        zips = self._zips.get(accepted)
        key = (
            environ.get("SCRIPT_NAME", ""),
            environ.get("PATH_INFO", ""),
            query,
            self._learn(accepted) if zips is None else zips,
            environ.get("HTTP_SEC_FETCH_DEST") == "document",
        )
        kept = self._kept.get(key)
        if kept is None or kept.mark != mark or not kept.since <= self._clock() < kept.until:
            return self._filled(key, mark, environ, start_response)
        if is_known(environ, kept.etag, kept.modified):
            start_response("304 NOT MODIFIED", kept.headers_of_304[:])
            return ()
        if kept.body is None:  # it was asked for by those alone who have it
            return self._filled(key, mark, environ, start_response)
        start_response("200 OK", kept.headers[:])
        return (kept.body,) if method == "GET" else ()

    def _learn(self, accepted: str) -> bool:
        """Whether gzip may be sent; remembered for what browsers and readers usually say."""
        zips = parse_accept_header(accepted, Accept)["gzip"] > 0
        if len(self._zips) < _MOST_ACCEPTED:
            self._zips[accepted] = zips
        return zips

    def _filled(
        self, key: _Key, mark: Mark, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """The application's answer, kept if it may be."""
        told: list[Any] = []
        since = self._clock()

        def begin(status: str, headers: "Headers", _: object = None) -> "Callable[..., Any]":
            told[:] = [status, headers]
            return start_response(status, headers)

        body = self._app(environ, begin)
        status, headers = told
        until = environ.get(KEEP_UNTIL)
        named = {name.lower(): value for name, value in headers}
        is_whole = environ["REQUEST_METHOD"] == "GET" and status.startswith("200 ")
        if until is None or not (is_whole or status.startswith("304 ")) or "etag" not in named:
            return body
        if is_whole and int(named.get("content-length", MOST_OF_ONE)) >= MOST_OF_ONE:
            return body
        try:
            read = b"".join(body)
        finally:
            _close(body)
        if self._mark() == mark:
            self._keep(key, _Kept(
                mark, since, until, headers, read if is_whole else None, named["etag"],
                named.get("last-modified", ""), _of_304(headers),
            ))  # fmt: skip
        return (read,) if read else ()

    def _keep(self, key: _Key, kept: _Kept) -> None:
        """Keep an answer in the place of what was kept there; what came first goes first."""
        with self._lock:
            before = self._kept.pop(key, None)
            self._bytes += kept.size - (before.size if before else 0)
            self._kept[key] = kept
            while self._bytes > self._most_bytes:
                first = next(iter(self._kept))
                self._bytes -= self._kept.pop(first).size


def is_known(environ: "WSGIEnvironment", etag: str, modified: str) -> bool:
    """Whether a request says that it has an answer (RFC 9110, 13.1.2 and 13.1.3): what it says of
    ETags wins, and one stands for the same text in every encoding."""
    known = environ.get("HTTP_IF_NONE_MATCH")
    if known is not None:
        if known == etag:  # what nearly all say, who say something
            return True
        text = etag.removesuffix('-gzip"').removesuffix('"')
        has = {each.strip().removeprefix("W/") for each in known.split(",")}
        return not has.isdisjoint({f'{text}"', f'{text}-gzip"', "*"})
    since = environ.get("HTTP_IF_MODIFIED_SINCE")
    if not since or not modified:
        return False
    read, told = parse_date(since), parse_date(modified)
    return since == modified or (read is not None and told is not None and told <= read)


def _of_304(headers: "Headers") -> "Headers":
    return [each for each in headers if each[0].lower() not in _OF_BODIES]


def _close(body: Iterable[bytes]) -> None:
    """Whatever an application returns may want to be closed (PEP 3333)."""
    close = getattr(body, "close", None)
    if close:
        close()
