"""Where a walk is, as a text that goes through addresses and that only this program reads.

A cursor belongs to its question: one that is damaged, made up or of another question is refused,
since going on from it would silently give something else.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Annotated, TypeVar

from msgspec import Meta, MsgspecError, Struct, msgpack

from newsarchive.errors import QueryError

#: microseconds from 1970 UTC, far beyond the calendar's ends
_At = Annotated[int, Meta(ge=-(2**62), le=2**62)]
_Number = Annotated[int, Meta(ge=0, le=2**62)]
#: characters; an id is no longer than an address
MAX_CURSOR = 3000


class Cursor(Struct, array_like=True, frozen=True, tag="c"):
    """A place in a list."""

    #: of the question
    digest: str
    #: of the last entry that was given
    at: _At
    id: str


class Token(Struct, array_like=True, frozen=True, tag="t"):
    """How far the changes of an archive were followed."""

    #: which catalogue, and what of this program made the documents
    made: str
    #: of its change log
    sequence: _Number
    #: of its change log when this began: what went before that is none of its business
    began: _Number
    #: until when what came by itself was told
    until: _At
    #: ``entry.number`` of the last entry told of those that came at that instant
    number: _Number


_Kept = TypeVar("_Kept", Cursor, Token)


def digest(question: object) -> str:
    """Of a question, so that a cursor of another is told from its own."""
    return blake2b(msgpack.encode(question), digest_size=6).hexdigest()


def unparse(kept: Cursor | Token) -> str:
    """As it stands in an address."""
    return urlsafe_b64encode(msgpack.encode(kept)).rstrip(b"=").decode()


def parse(text: str, kind: type[_Kept], parameter: str) -> _Kept:
    """What ``unparse`` wrote.

    Raises:
        QueryError: it is nothing of the kind.
    """
    try:
        if len(text) > MAX_CURSOR:
            raise ValueError
        packed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        found = msgpack.decode(packed, type=kind)
    except (ValueError, MsgspecError):
        found = None
    if found is None or unparse(found) != text:
        raise QueryError(parameter, "what an answer gave as next, unchanged")
    return found
