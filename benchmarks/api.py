"""What the API costs beside SQLite and msgspec alone: ``api.py FOLDER``, a folder of Markdown.

    python benchmarks/corpus.py SOURCE FOLDER 100000 && python benchmarks/api.py FOLDER

Prints the least CPU time of one thread, turn by turn, and ratios; then the memory of an export.
"""

import argparse
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from newsarchive import export, following
from newsarchive.archive import Archive
from newsarchive.catalogue import Part, Place
from newsarchive.config import Config
from newsarchive.documents import Documents
from newsarchive.loader import writing
from newsarchive.loading import load
from newsarchive.progress import CATALOGUE
from newsarchive.query import Order, Query
from newsarchive.searching import Search
from newsarchive.shapes import Entries
from newsarchive.walks import Step, Walk
from newsarchive.web import create_app

PAGE = 50
_ENCODER = msgspec.json.Encoder()
Work = Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeat", type=int, default=100)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as data:
        config = Config(
            articles_dir=args.folder.resolve(),
            data_dir=Path(data),
            site_url="https://example.org",
            access_log="none",
        )
        now = datetime.now(UTC)
        with writing(config) as writer:
            print(f"{load(config, writer, now).added:,} entries")
        archive = Archive(config)
        pages(archive, now, args.repeat)
        changes(archive, now, args.repeat)
        answers(config, args.repeat)
        everything(archive, now)


def pages(archive: Archive, now: datetime, repeat: int) -> None:
    """A page of a list beside its own two questions to SQLite and the encoding of what is told,
    nothing more. No page is remembered: each is made as if it were the first."""
    walk = Walk(archive, Search(archive), now)
    total = archive.catalogue.extent(Query(), now)
    middle = archive.find(Query(page=max(1, total // 2), limit=1), now)
    last = archive.find(Query(page=max(1, total - PAGE), limit=1), now)
    some = archive.catalogue.names("tag", now)
    lists: list[tuple[str, Query, Place | None]] = [
        ("the newest", Query(limit=PAGE), None),
        ("in the middle", Query(limit=PAGE), _place(archive, middle.entries[0].id)),
        ("the last", Query(limit=PAGE), _place(archive, last.entries[0].id)),
        ("oldest first", Query(limit=PAGE, order=Order.OLDEST), None),
        ("a tag", Query(limit=PAGE, tags=(some[len(some) // 2].slug,)), None),
        ("a tag, an author", Query(limit=PAGE, tags=(some[0].slug,), authors=("author-3",)), None),
    ]  # fmt: skip
    print(f"\na page of {PAGE}, no bodies, ms        queries encoding    page  ratio")
    for name, query, beyond in lists:
        queries = _queries(archive, query, beyond, now)
        held = archive.catalogue.walk(query, now, beyond=beyond)
        told = Entries(len(held), Documents(archive, now).of_held(held))

        def page(query: Query = query, beyond: Place | None = beyond) -> bytes:
            found: Step = walk.step(query, beyond)
            return _ENCODER.encode(Entries(found.total, found.entries))  # type: ignore[arg-type]

        with archive.snapshot():
            asked, encoded, whole = least(
                [queries, lambda told=told: _ENCODER.encode(told), page], repeat
            )  # type: ignore[misc]
        print(f"{name:27}{asked:13.2f}{encoded:9.3f}{whole:8.2f}{whole / (asked + encoded):7.2f}")


def _place(archive: Archive, id_: str) -> Place:
    arrival = archive.catalogue.arrivals_of([id_])[0]
    return Place(arrival.at, id_)


def _queries(archive: Archive, query: Query, beyond: Place | None, now: datetime) -> Work:
    """The page's own two questions to SQLite: its rows, and how many there are."""
    catalogue = archive.catalogue
    longer = replace(query, limit=PAGE + 1)

    def ask() -> None:
        catalogue.walk(longer, now, beyond=beyond, part=Part.LISTED)
        catalogue.extent(query, now)

    return ask


def changes(archive: Archive, now: datetime, repeat: int) -> None:
    """What a mirror that is in step asks again and again."""
    token = following.current(archive, now)
    with archive.snapshot():
        nothing, first = least(
            [
                lambda: following.follow(archive, token, now, 100),
                lambda: following.follow(archive, None, now, 100),
            ],
            repeat,
        )
    print(f"\nchanges: nothing new {nothing:.2f} ms, the first hundred {first:.2f} ms")


def answers(config: Config, repeat: int) -> None:
    """The same over WSGI."""
    client = create_app(config).test_client()
    addresses = ["entries", f"entries?limit={PAGE}&order=oldest", "tags", "calendar?year=2020"]
    works: list[Work] = [lambda a=a: client.get(f"/api/v1/{a}").data for a in addresses]  # type: ignore[misc]
    print()
    for address, taken in zip(addresses, least(works, repeat), strict=True):
        print(f"GET /api/v1/{address:32}{taken:8.2f} ms")


def everything(archive: Archive, now: datetime) -> None:
    """An export beside a bare loop over the same rows."""
    bare_loop, whole = least([lambda: bare(archive), lambda: size_of(archive, now)], 5)
    size, memory = alone(archive)
    print(f"\nexport: {size / 1e6:,.0f} MB in {whole / 1e3:.2f} s,", end=" ")
    print(f"a bare loop {bare_loop / 1e3:.2f} s: {bare_loop / whole:.0%} of its speed")
    print(f"a process that does nothing else takes {memory:,.0f} MB at most")
    (zipping,) = least([lambda: sum(map(len, export.zipped(export.lines(archive, now))))], 2)
    print(f"gzipped {zipping / 1e3:.2f} s")


def size_of(archive: Archive, now: datetime) -> int:
    """The bytes of an export."""
    return sum(map(len, export.lines(archive, now)))


ALONE = """
import re, sys
from datetime import UTC, datetime
from pathlib import Path
from newsarchive import export
from newsarchive.archive import Archive
from newsarchive.config import Config
from newsarchive.documents import Documents
archive = Archive(Config(data_dir=Path(sys.argv[1]), site_url="https://example.org"))
size = sum(map(len, export.lines(archive, datetime.now(UTC))))
# not getrusage, which counts the process that this one was forked from
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(size, int(peak[1]) / 1024)
"""


def alone(archive: Archive) -> tuple[int, float]:
    """The bytes of an export, and the megabytes that a process of its own needs for it."""
    command = [sys.executable, "-c", ALONE, str(archive.config.data_dir)]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    size, memory = made.stdout.split()
    return int(size), float(memory)


def bare(archive: Archive) -> int:
    """Read the rows and encode them as they are."""
    size = 0
    connection = sqlite3.connect(archive.config.data_dir / CATALOGUE)
    for row in connection.execute(
        "SELECT number, at, id, metadata, digest, body FROM entry ORDER BY number"
    ):
        number, at, id_, metadata, digest, body = row
        size += len(_ENCODER.encode([number, at, id_, metadata.decode(), digest, body]))
    connection.close()
    return size


def least(works: list[Work], repeat: int) -> list[float]:
    """Milliseconds of CPU time, the least of each: turn by turn, so that what else the machine
    does disturbs all alike."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(repeat):
        for work, times in zip(works, taken, strict=True):
            begun = time.thread_time()
            work()
            times.append(1000 * (time.thread_time() - begun))
    return list(map(min, taken))


if __name__ == "__main__":
    main()
