"""One line a request, with an id that is in the answer too: a WSGI layer around all others.

Nothing of who asks is written: no address, no browser, no cookie.
"""

import re
import secrets
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import structs

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    Headers = list[tuple[str, str]]

#: where a request's id is for who logs more of it
REQUEST_ID = "newsarchive.request_id"
#: of the address; what is longer is cut
MOST_CHARACTERS = 500
#: that are counted by their names
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"})
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")


class _Line(msgspec.Struct):
    """What is told of one request."""

    #: when it came, RFC 3339
    time: str
    id: str
    method: str
    address: str
    #: None where there was no answer
    status: int | None
    #: of the body; None where that is sent as it is made
    bytes: int | None
    #: until the answer began
    seconds: float

    def __str__(self) -> str:
        *others, seconds = ("-" if each is None else each for each in structs.astuple(self))
        return " ".join(map(str, others)) + f" {seconds:.6f}"


class Access:
    """Logs the requests of an application, and counts them; shared by threads.

    ``form`` is ``text``, ``json`` or ``none``; lines go to standard error.
    """

    def __init__(self, application: "WSGIApplication", form: str) -> None:
        self.application = application
        self._form = form
        # not hard to guess: it only has to differ, in every process
        self._ids = map(f"{secrets.token_hex(4)}{{:x}}".format, count(1))
        self._lock = threading.Lock()
        #: requests answered, by method and status
        self.answered: Counter[tuple[str, str]] = Counter()
        #: seconds until their answers began
        self.seconds = 0.0

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        begun = time.perf_counter()
        id_ = environ[REQUEST_ID] = next(self._ids)
        told: tuple[str, Headers] = ("", [])

        # quoted: what a function within is said to be is worked out each time it is made
        def begin(status: str, headers: "Headers", *error: Any) -> "Callable[[bytes], object]":
            nonlocal told
            told = status, headers
            return start_response(status, [*headers, ("X-Request-Id", id_)], *error)

        try:
            return self.application(environ, begin)
        finally:
            seconds = time.perf_counter() - begun
            method, status = environ["REQUEST_METHOD"], told[0][:3]
            if method not in _METHODS:
                method = "OTHER"
            with self._lock:
                self.answered[method, status] += 1
                self.seconds += seconds
            if self._form != "none":
                self._write(id_, environ, told, seconds)

    def _write(
        self, id_: str, environ: "WSGIEnvironment", told: "tuple[str, Headers]", seconds: float
    ) -> None:
        status, headers = told
        size = next((value for name, value in headers if name == "Content-Length"), "")
        line = _Line(
            _now(), id_, _printable(environ["REQUEST_METHOD"][:20]), _address(environ),
            int(status[:3]) if status else None, int(size) if size else None, round(seconds, 6),
        )  # fmt: skip
        text = msgspec.json.encode(line).decode() if self._form == "json" else str(line)
        # at once: lines of several threads and processes do not mix
        sys.stderr.write(f"{text}\n")


def _now() -> str:
    now = time.time()
    return f"{_second(int(now))}.{int(now % 1 * 1000):03d}Z"


@lru_cache(maxsize=8)
def _second(now: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))


def _address(environ: "WSGIEnvironment") -> str:
    """What was asked for, percent-encoded where it could break a line or a terminal."""
    path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
    address = _printable(f"{path}?{query}" if query else path)
    return address if len(address) <= MOST_CHARACTERS else f"{address[:MOST_CHARACTERS]}…"


def _printable(text: str) -> str:
    """PEP 3333: a character is a byte."""
    return _UNPRINTABLE.sub(lambda byte: f"%{ord(byte[0]):02X}", text)
