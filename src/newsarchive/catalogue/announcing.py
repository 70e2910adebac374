"""Who keeps answers learns from one look at a file that the catalogue changed.

Its size is the generation, and 0 while another is being committed: it has no content, and takes no
room. So what was kept is not used from before a commit until after it; where the writer dies
between, nothing is kept until the next one opens the catalogue.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

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


def tell(path: Path, generation: int) -> None:
    """What is kept of another generation is of no use from now on; of any, if it is 0."""
    file = os.open(told_by(path), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(file, generation)
    finally:
        os.close(file)


@contextlib.contextmanager
def committing(path: Path, generation: int) -> Iterator[None]:
    """What is committed inside is the generation."""
    tell(path, 0)
    yield
    tell(path, generation)
