"""Who keeps answers learns from one look at a file that the catalogue changed.

Its size is the generation, and 0 while another is being committed: it has no content, and takes no
room. So what was kept is not used from before a commit until after it; where the writer dies
between, nothing is kept until the next one opens the catalogue.

A look gives way to the other threads of a process, which costs ten times as much as it takes. So
what was seen holds for a moment, and a writer waits longer than that before it commits.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

#: seconds that a look holds, and that a writer waits
HOLDS, WAIT = 0.001, 0.003
#: what tells one state of the catalogue from another
Mark = tuple[int, int, int]


def told_by(path: Path) -> str:
    """The path of the file that tells of the catalogue at a path."""
    return f"{path}-generation"


def mark(told_by: str) -> Mark | None:
    """The state of a catalogue; None while it is changing, or where nobody tells."""
    try:
        found = os.stat(told_by)  # noqa: PTH116 - half the time
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size) if found.st_size else None


def looking(told_by: str, clock: Callable[[], float] = time.monotonic) -> Callable[[], Mark | None]:
    """What gives the ``mark`` of a catalogue, for one process, as it was within ``HOLDS``."""
    seen: tuple[float, Mark | None] = (float("-inf"), None)

    def look() -> Mark | None:
        nonlocal seen
        now = clock()
        if now - seen[0] >= HOLDS:
            seen = now, mark(told_by)  # as of before the look
        return seen[1]

    return look


def tell(path: Path, generation: int) -> None:
    """The generation that the catalogue holds; 0 while another is being committed."""
    file = os.open(told_by(path), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(file, generation)
    finally:
        os.close(file)


def tell_of_change(path: Path) -> None:
    """Another state of the catalogue will come; nobody uses what he keeps of this one any more."""
    tell(path, 0)
    time.sleep(WAIT)


@contextlib.contextmanager
def committing(path: Path, generation: int) -> Iterator[None]:
    """What is committed inside is the generation."""
    tell_of_change(path)
    yield
    tell(path, generation)
