"""What changed, for those who keep a copy of the archive: exact, and from any point on.

A token says how far the log was followed and until when what comes by itself was told, so that an
embargo is never told before its end and always after it. A token of another catalogue says nothing
of this one: then everything is told anew, and that it is.
"""

from collections.abc import Collection
from datetime import datetime

from msgspec import UNSET, structs

from newsarchive import cursors, documents, shapes
from newsarchive.archive import Archive
from newsarchive.catalogue import Told
from newsarchive.catalogue.following import ALL_NUMBERS
from newsarchive.cursors import Token
from newsarchive.dates import microseconds
from newsarchive.documents import Documents


def start(archive: Archive, now: datetime) -> Token:
    """The token of who knows nothing."""
    made = f"{archive.catalogue.meta('made')}.{documents.edition(archive.config.site_url)}"
    last = archive.catalogue.last_change()
    return Token(made, 0, last, microseconds(now), ALL_NUMBERS)


def current(archive: Archive, now: datetime) -> Token:
    """The token of who knows everything."""
    begun = start(archive, now)
    return structs.replace(begun, sequence=begun.began)


def follow(
    archive: Archive, since: Token | None, now: datetime, limit: int, fields: Collection[str] = ()
) -> tuple[shapes.Changes, bool]:
    """What changed since a token, at most ``limit`` entries; whether there may be more.

    With ``fields`` each entry is told with them. To be called within a snapshot.
    """
    begun = start(archive, now)
    is_known = since is not None and since.made == begun.made and since.sequence <= begun.began
    token = since if since and is_known else begun
    arrived = archive.catalogue.arrived((token.until, token.number), token.sequence, now, limit)
    if len(arrived) == limit:
        last = arrived[-1]
        number = last.held.number if last.held else ALL_NUMBERS
        token = structs.replace(token, until=last.place, number=number)
        written: tuple[Told, ...] = ()
    else:
        room = limit - len(arrived)
        written = archive.catalogue.written(token.sequence, now, room, unless_gone_by=token.began)
        sequence = written[-1].place if len(written) == room else begun.began
        token = structs.replace(
            token, sequence=sequence, until=microseconds(now), number=ALL_NUMBERS
        )
    if since and is_known and not arrived and not written:
        token = since  # nothing new: the very same answer, which need not be sent again
    changes = _changes(archive, (*arrived, *written), now, frozenset(fields))
    page = shapes.Changes(not is_known, changes, cursors.unparse(token))
    return page, len(arrived) + len(written) == limit


def _changes(
    archive: Archive, told: Collection[Told], now: datetime, fields: frozenset[str]
) -> list[shapes.Change]:
    making = Documents(archive, now, fields | {"digest", "status"})
    made = iter(making.of_held([each.held for each in told if each.held]))
    return [_change(each, next(made) if each.held else None, fields) for each in told]


def _change(told: Told, entry: shapes.Entry | None, fields: frozenset[str]) -> shapes.Change:
    change = shapes.Change(
        id=told.id, path=told.path, deleted=entry is None, digest=entry.digest if entry else ""
    )
    if entry and entry.status == "withdrawn":
        change.withdrawn = True
    if fields:
        change.entry = entry
        for name in {"digest", "status"} - fields if entry else ():
            setattr(entry, name, UNSET)
    return change
