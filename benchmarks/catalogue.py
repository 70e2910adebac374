"""Every list at 1,000 and at 100,000 entries, side by side: ``catalogue.py [SMALL LARGE]``.

Builds two catalogues in a temporary folder from the same chance, asks both the same questions in
turn, and prints the median of each and the ratio. Uncached: straight from SQLite.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from newsarchive.catalogue import (
    Catalogue,
    CatalogueWriter,
    Changes,
    FileState,
    Placed,
    ReadFile,
)
from newsarchive.entry import Entry, Kind, Moment
from newsarchive.query import Order, Period, Query

ZONE = ZoneInfo("Europe/Paris")
FIRST = datetime(2010, 1, 1, tzinfo=ZONE)
MINUTES = 15 * 365 * 24 * 60
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROUNDS = 60
PAGE_SIZE = 30


def entry(number: int, chance: random.Random) -> Entry:
    """An entry at some minute of fifteen years."""
    at = FIRST + timedelta(minutes=chance.randrange(MINUTES))
    return Entry(
        id=f"tag:example.org,2026:{number}",
        path=f"{at.year}/e{number}",
        kind=Kind.ARTICLE,
        title=f"Titre {number} {chance.randrange(500)}",
        published=Moment(at),
        updated=Moment(at),
        lang="fr",
        summary="Un résumé. " * 10,
        tags=(f"T{chance.randrange(20)}", "Commun"),
        authors=(f"A {chance.randrange(10)}",),
        file=f"{number}.md",
        body="Un texte. " * 120,
    )


def build(folder: Path, entries: int) -> Catalogue:
    """A catalogue of so many entries."""
    chance = random.Random(entries)
    made = (entry(number, chance) for number in range(entries))
    files = tuple(
        ReadFile(FileState(each.file, 1, 1, 1, b"x"), (Placed(each, each.published),))
        for each in made
    )
    path = folder / f"{entries}.sqlite3"
    writer = CatalogueWriter(path, ZONE)
    begun = time.perf_counter()
    writer.apply(Changes(files=files), NOW)
    seconds = time.perf_counter() - begun
    writer.close()
    print(f"{entries:>7,} entries written in {seconds:.1f} s, {path.stat().st_size / 1e6:.0f} MB")
    return Catalogue(path, ZONE)


def questions(catalogue: Catalogue) -> dict[str, Callable[[], object]]:
    """What visitors ask."""
    pages = catalogue.find(Query(), NOW, PAGE_SIZE).pages

    def found(**asked: object) -> Callable[[], object]:
        query = Query(**asked)  # type: ignore[arg-type]
        return lambda: catalogue.find(query, NOW, PAGE_SIZE)

    some = catalogue.find(Query(page=pages // 3), NOW, PAGE_SIZE).entries[3]
    return {
        "home": found(),
        "the page in the middle": found(page=pages // 2),
        "the last page": found(page=pages),
        "oldest first": found(order=Order.OLDEST),
        "a tag": found(tags=("t3",)),
        "all but a tag": found(without_tags=("t3",)),
        "an author": found(authors=("a-3",)),
        "a language": found(lang="fr"),
        "a year": found(period=Period(2020)),
        "an entry": lambda: catalogue.entry(some.path, NOW),
        "its neighbours": lambda: catalogue.neighbours(some, "kind:article", NOW),
        "the days of a year": lambda: catalogue.days(2020, NOW),
        "the years": lambda: catalogue.calendar(NOW),
        "the tags": lambda: catalogue.names("tag", NOW),
    }


def main(small: int, large: int) -> None:
    """One table."""
    with tempfile.TemporaryDirectory() as folder:
        asked = [questions(build(Path(folder), size)) for size in (small, large)]
        print(f"{'median, ms':24}{small:>10,}{large:>10,}{'ratio':>8}")
        for name in asked[0]:
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(ROUNDS):
                for each, ask in zip(times, asked, strict=True):
                    begun = time.perf_counter()
                    ask[name]()
                    each.append(time.perf_counter() - begun)
            few, many = (median(each) * 1e3 for each in times)
            print(f"{name:24}{few:10.2f}{many:10.2f}{many / few:8.2f}")


if __name__ == "__main__":
    sizes = [int(word) for word in sys.argv[1:]] or [1_000, 100_000]
    main(*sizes)
