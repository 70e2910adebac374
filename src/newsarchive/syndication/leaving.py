"""One entry that fails is left out of a feed, and the feed is sent all the same."""

import logging
from collections.abc import Callable
from typing import TypeVar

from newsarchive.entry import Entry
from newsarchive.errors import ArchiveError
from newsarchive.feeds.feed import FeedEntry

_LOG = logging.getLogger(__name__)
E = TypeVar("E", Entry, FeedEntry)
R = TypeVar("R")


def leaving_out(work: Callable[[tuple[E, ...]], R], entries: tuple[E, ...]) -> R:
    """What ``work`` makes of entries, without those of which it can make nothing: they are logged.

    What keeps it from all of them, it raises.
    """
    try:
        return work(entries)
    except ArchiveError:  # of which no entry is the cause
        raise
    except Exception:
        good = tuple(entry for entry in entries if _works(work, entry))
        if len(good) == len(entries):
            raise
        return work(good)


def _works(work: Callable[[tuple[E, ...]], R], entry: E) -> bool:
    try:
        work((entry,))
    except Exception:  # noqa: BLE001 - whatever it is, the others are to be told
        _LOG.exception("%s is left out of a feed", entry.id)
        return False
    return True
