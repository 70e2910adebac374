"""What a feed holds: a decision over values."""

from collections.abc import Iterable
from datetime import timedelta

from newsarchive.catalogue import Arrival

#: entries on a page of a feed's archive
PAGE_SIZE = 30
#: entries that a current feed holds at least, if there are so many; and at most
LEAST = 30
MOST = 200
#: for so long whatever arrives stays in the feed
SPAN = timedelta(days=7) // timedelta(microseconds=1)


def window(
    newest: Iterable[Arrival], latest: Iterable[Arrival], unpaged: Iterable[Arrival]
) -> list[Arrival]:
    """The entries of a current feed, newest first, ties by id.

    They are the newest by date (``newest``), the last to arrive (``latest``) and all that no full
    page of the archive holds yet (``unpaged``): whatever its date, what is added stays for as
    long as 29 others come after it, and for a week counted back from the last arrival. Of more
    than 200 those that came first are left out, the newest by date excepted.
    """
    newest, latest = tuple(newest), tuple(latest)
    known = {each.id: each for each in (*newest, *latest, *unpaged)}
    if not known:
        return []
    since = max(each.arrived for each in known.values()) - SPAN
    kept = [*newest[:LEAST], *unpaged, *latest[:LEAST]]
    kept += sorted(
        (each for each in known.values() if each.arrived >= since),
        key=lambda each: (-each.arrived, -each.at, each.id),
    )
    held = list(dict.fromkeys(kept))[:MOST]
    return sorted(held, key=lambda each: (-each.at, each.id))
