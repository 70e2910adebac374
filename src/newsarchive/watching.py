"""The articles folder is watched: when it is to be looked at, and where in it."""

import os
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

from watchfiles import Change, watch

from newsarchive import articles, permalink
from newsarchive.errors import ArticlesError

#: quiet for so long, and a batch of changes is complete
QUIET_MILLISECONDS = 60
#: but never kept waiting for longer
PATIENCE_MILLISECONDS = 1600
#: how often the watch says that nothing changed
PULSE_MILLISECONDS = 200
#: a look without being told of a change, for file systems that tell nothing
UNTOLD_SECONDS = 60
#: but it takes no more than so much of the time
UNTOLD_SHARE = 1 / 30
#: folders in which something changed at once, from which on the whole is looked at
MANY_FOLDERS = 50

#: in which something may have changed; None if that may be anywhere
Folders = frozenset[str] | None
#: device and inode
_Place = tuple[int, int]


def looks(
    folder: Path, stop: threading.Event, is_due: Callable[[], bool] = lambda: False
) -> Generator[Folders]:
    """Yields when the folder is to be looked at, and where in it: now, at every change, when it
    goes or comes back, and as soon as ``is_due``, which is asked all the time.

    Raises:
        ArticlesError: it is there and cannot be watched.
    """
    while not stop.is_set():
        yield from _looks_at(folder, _place(folder), stop, is_due)
        if _place(folder) is None:
            yield None  # who looks finds it gone, and says so once
            while _place(folder) is None and not stop.wait(PULSE_MILLISECONDS / 1000):
                pass


def _looks_at(
    folder: Path, place: _Place | None, stop: threading.Event, is_due: Callable[[], bool]
) -> Generator[Folders]:
    """The same, while the folder is the one that is at ``place``."""
    changes = watch(
        folder, watch_filter=None, stop_event=stop, step=QUIET_MILLISECONDS,
        debounce=PATIENCE_MILLISECONDS, rust_timeout=PULSE_MILLISECONDS, yield_on_timeout=True,
    )  # fmt: skip
    try:
        next(changes, None)
    except OSError as error:
        if _place(folder) is None:
            return
        raise ArticlesError(
            str(folder), f"the articles folder cannot be watched: {error}"
        ) from error
    yield None
    looked, wait = time.monotonic(), float(UNTOLD_SECONDS)
    for found in changes:
        # a folder made anew may have the number of the one removed, whose end was told of
        replaced = _place(folder) != place or (Change.deleted, str(folder.absolute())) in found
        if replaced or stop.is_set():
            return
        folders = folders_of(folder, found) if found else frozenset[str]()
        if folders is None or time.monotonic() - looked > wait or is_due():
            begun = time.monotonic()
            yield None
            looked = time.monotonic()
            wait = max(UNTOLD_SECONDS, (looked - begun) / UNTOLD_SHARE)
        elif folders:
            yield folders


def folders_of(root: Path, found: set[tuple[Change, str]]) -> Folders:
    """Where files changed, by what was told; nowhere if only what is passed over did."""
    folders = set()
    start = f"{root.absolute()}/"
    for _, path in found:
        if not path.startswith(start):
            return None
        place = path.removeprefix(start)
        if not articles.is_walked(place) or _is_no_matter(path, found):
            continue
        # what a folder held, or holds now, may not have been told
        if not articles.is_file_name(place) or Path(path).is_dir():
            return None
        folders.add(permalink.folder_of(place))
    return frozenset(folders) if len(folders) <= MANY_FOLDERS else None


def _is_no_matter(path: str, found: set[tuple[Change, str]]) -> bool:
    """Whether it is a file that is not listed, or one that came and went: editors make both."""
    if articles.is_file_name(path):
        return False
    return Path(path).is_file() or (
        not os.path.lexists(path) and {(Change.added, path), (Change.deleted, path)} <= found
    )


def _place(folder: Path) -> _Place | None:
    """Device and inode of what the name means now; None if that is nothing we can see."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
