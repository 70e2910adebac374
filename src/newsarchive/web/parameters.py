"""The parameters of the API, read strictly: what is not understood is an error, never ignored."""

from collections.abc import Iterable
from dataclasses import replace

from flask import request

from newsarchive import cursors, documents
from newsarchive.catalogue import Place
from newsarchive.cursors import Cursor
from newsarchive.errors import QueryError
from newsarchive.openapi import LIMIT, Operation
from newsarchive.query import MAX_LIMIT, WORDS, Query

#: may be given more than once
_LISTS = frozenset({"tag", "author"})
#: empty, they ask for nothing in particular
_MAY_BE_EMPTY = frozenset({"q", "cursor", "since"})
#: said by ``Query``
_QUERY = frozenset({*WORDS, "order", "page", "limit"})


def given(operation: Operation) -> list[tuple[str, str]]:
    """The parameters of this request.

    Raises:
        QueryError: one is unknown here, empty, or there twice.
    """
    found = list(request.args.items(multi=True))
    seen: set[str] = set()
    for name, value in found:
        if name not in operation.parameters:
            allowed = ", ".join(operation.parameters) or "-"
            raise QueryError(name, "not a parameter here; there are %(names)s", names=allowed)
        if name in seen and name not in _LISTS:
            raise QueryError(name, "to be given once")
        if not value.strip(" \t,/") and name not in _MAY_BE_EMPTY:
            raise QueryError(name, "a value; without one, leave it out")
        seen.add(name)
    return found


def query(operation: Operation, base: Query, *, most: int = MAX_LIMIT) -> Query:
    """What this request asks for.

    Raises:
        QueryError: names the parameter and what it takes.
    """
    asked = Query.from_args((each for each in given(operation) if each[0] in _QUERY), base)
    orders = operation.parameter("order").schema["enum"] if "order" in operation.parameters else ()
    if orders and asked.order not in orders:
        raise QueryError("order", "one of %(names)s", names=", ".join(orders))
    if asked.limit > most:
        raise QueryError("limit", "a number from 1 to %(most)s", most=most)
    return replace(asked, limit=asked.limit or LIMIT)


def fields(usual: Iterable[str]) -> frozenset[str]:
    """The fields that this request asks for.

    Raises:
        QueryError: there is no such field.
    """
    asked = request.args.get("fields")
    return frozenset(usual) if asked is None else documents.chosen(asked)


def _question(asked: Query) -> str:
    return cursors.digest(asked.args() | {"order": str(asked.order)})


def beyond(asked: Query) -> Place | None:
    """Where this request goes on.

    Raises:
        QueryError: the cursor is damaged, or of another question.
    """
    text = request.args.get("cursor")
    if not text:
        return None
    cursor = cursors.parse(text, Cursor, "cursor")
    if cursor.digest != _question(asked):
        raise QueryError("cursor", "of this very question; without one, it begins anew")
    return Place(cursor.at, cursor.id)


def going_on(asked: Query, place: Place) -> list[tuple[str, str]]:
    """The parameters that ask for what comes after a place."""
    cursor = cursors.unparse(Cursor(_question(asked), place.at, place.id))
    kept = [each for each in request.args.items(multi=True) if each[0] != "cursor"]
    return [*kept, ("cursor", cursor)]
