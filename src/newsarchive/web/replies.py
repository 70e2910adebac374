"""What programs are answered: JSON with its ETag, gzipped for who can, open to any page."""

import gzip
from collections.abc import Iterator
from hashlib import blake2b
from itertools import chain

import msgspec
from flask import Response, make_response, request

from newsarchive import export
from newsarchive.openapi import JSON, NDJSON
from newsarchive.web import http

#: what is smaller does not gain by it
LEAST_GZIPPED = 1000
#: a third faster than 6 and hardly larger
GZIP_LEVEL = 4
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
    body = msgspec.json.encode(value)
    etag = blake2b(body, digest_size=12).hexdigest()
    zipped = len(body) >= LEAST_GZIPPED and _accepts_gzip()
    response = _begun(etag, after, zipped=zipped)
    if response.status_code == 200:
        response.set_data(gzip.compress(body, GZIP_LEVEL, mtime=0) if zipped else body)
        response.content_type = f"{JSON}; charset=utf-8"
    return response


def stream(lines: Iterator[bytes], etag: str, after: str) -> Response:
    """Lines of JSON, sent as they are made, or 304 to who has them; an answer that fails on the
    way breaks off."""
    zipped = _accepts_gzip()
    response = _begun(etag, after, zipped=zipped)
    if response.status_code == 200:
        first = [next(lines, b"")]  # what fails here is told; later nothing can be
        whole = chain(first, lines)
        response.response = export.zipped(whole) if zipped else whole
        response.content_type = f"{NDJSON}; charset=utf-8"
    return response


def _begun(etag: str, after: str, *, zipped: bool) -> Response:
    """An answer without its body: 304 to who has that."""
    response = make_response()
    if http.is_known((etag, f"{etag}-gzip"), None):
        response.status_code = 304
    elif zipped:
        response.content_encoding = "gzip"
    response.set_etag(f"{etag}-gzip" if zipped else etag)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    if after:
        response.headers["Link"] = f'<{after.translate(_ENDS)}>; rel="next"'
    return response


def _accepts_gzip() -> bool:
    return request.accept_encodings["gzip"] > 0


def opened(response: Response) -> Response:
    """Any page may read what is for programs, errors too; a browser asks first (Fetch, 3.2)."""
    if request.path.startswith("/api/") or request.path.endswith(".json"):
        response.headers.update(_OPEN)
        if request.method == "OPTIONS":
            response.headers.update(_PREFLIGHT)
    return response
