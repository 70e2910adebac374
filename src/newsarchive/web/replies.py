"""What programs are answered: JSON with its ETag, gzipped for who can, open to any page."""

from collections.abc import Iterator
from itertools import chain

import msgspec
from flask import Response, request

from newsarchive import export
from newsarchive.openapi import JSON, NDJSON
from newsarchive.web import http

#: RFC 8288: what stands in angle brackets there
_ENDS = str.maketrans({"<": "%3C", ">": "%3E"})
_OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Retry-After",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}


def reply(value: object, *, after: str = "") -> Response:
    """A value as JSON, or 304 to who has it; ``after`` is the address of what comes next."""
    return _linked(http.answer(msgspec.json.encode(value), f"{JSON}; charset=utf-8"), after)


def stream(lines: Iterator[bytes], etag: str, after: str) -> Response:
    """Lines of JSON, sent as they are made, or 304 to who has them; an answer that fails on the
    way breaks off."""
    zipped = http.accepts_gzip()
    response = http.begun(etag, zipped=zipped, cache=http.FRESH)
    if response.status_code == 200:
        first = [next(lines, b"")]  # what fails here is told; later nothing can be
        whole = chain(first, lines)
        response.response = export.zipped(whole) if zipped else whole
        response.content_type = f"{NDJSON}; charset=utf-8"
    return _linked(response, after)


def _linked(response: Response, after: str) -> Response:
    if after:
        response.headers["Link"] = f'<{after.translate(_ENDS)}>; rel="next"'
    return response


def opened(response: Response) -> Response:
    """Any page may read what is for programs, errors too; a browser asks first (Fetch, 3.2)."""
    if request.path.startswith("/api/") or request.path.endswith(".json"):
        response.headers.update(_OPEN)
        if request.method == "OPTIONS":
            response.headers.update(_PREFLIGHT)
    return response
