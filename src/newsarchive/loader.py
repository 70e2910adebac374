"""The process that writes: one at a time among any number, following the folder."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from newsarchive import articles, progress
from newsarchive.catalogue import CatalogueWriter
from newsarchive.catalogue.store import discard, is_damage, put_in_place
from newsarchive.config import Config
from newsarchive.errors import ArchiveError, CatalogueError, WriterBusyError
from newsarchive.loading import Summary, load
from newsarchive.progress import CATALOGUE, LOCK
from newsarchive.reading import Progress
from newsarchive.supervising import lock_for_us, open_lock
from newsarchive.watching import Folders, looks

#: a catalogue while it is made anew
REBUILT = "rebuilt.sqlite3"
#: how often the status file is written
TOLD_SECONDS = 0.5
#: longest wait for git to finish a checkout
CHECKOUT_SECONDS = 30.0
#: a lock that is held for longer is not only being asked after (see ``progress``)
GLANCE_SECONDS = 0.1
#: a load that failed is tried again: the disk may have room now
RETRY_SECONDS = 5.0

_log = logging.getLogger("newsarchive.loader")


@contextmanager
def writing(config: Config) -> Iterator[CatalogueWriter]:
    """Hold the writer's lock and the catalogue for writing.

    Raises:
        WriterBusyError: another process holds it.
        CatalogueError: the data folder or the catalogue cannot be written.
    """
    with _locked(config), closing(_writer(config)) as writer:
        yield writer


@contextmanager
def loading(config: Config, lock: int | None = None) -> Iterator[Callable[..., Summary]]:
    """Hold the writer's lock; what it gives loads once, as ``load_once``, whenever it is called.

    A catalogue that proves damaged is then made anew from the files: beside the old one, which
    is read as far as it is good until the new one takes its place, and is put aside.

    ``lock`` is the descriptor of a lock file that was locked for this process already.
    Raises what ``writing`` raises.
    """
    with _locked(config, lock):
        writer: CatalogueWriter | None = _writer(config)

        def load_or_rebuild(told: Progress | None, folders: Folders = None) -> Summary:
            nonlocal writer
            writer = writer or _writer(config)
            why = f"{writer.path}: was taken away"
            if writer.is_in_place():
                try:
                    _look_through(config, writer)
                    return load_once(config, writer, told, folders)
                except CatalogueError as error:
                    if not is_damage(error.__cause__):
                        raise
                    why = str(error)
            _log.error("%s; it is made anew from the articles", why)
            summary = _rebuild(config, told)
            writer.close()
            writer = None  # what fails from here on, the next load begins with
            put_in_place(config.data_dir / REBUILT, config.data_dir / CATALOGUE)
            writer = _writer(config)
            return summary

        try:
            yield load_or_rebuild
        finally:
            if writer is not None:
                writer.close()


def _look_through(config: Config, writer: CatalogueWriter) -> None:
    """Look for damage, if a reader met or suspects some; raises it. Where none is found and yet
    one met it, all is read and made anew by the next load."""
    is_distrusted = progress.is_distrusted(config, progress.CATALOGUE_FLAG)
    if is_distrusted or progress.is_distrusted(config, progress.SUSPICION_FLAG):
        progress.trust(config, progress.CATALOGUE_FLAG)
        progress.trust(config, progress.SUSPICION_FLAG)
        writer.check()
    if is_distrusted:
        writer.distrust()


def rebuild(config: Config, told: Progress | None = None) -> Summary:
    """Make the catalogue anew from the files, aside, and put it in the place of what is there.

    Raises what ``writing`` raises.
    """
    with _locked(config):
        summary = _rebuild(config, told)
        put_in_place(config.data_dir / REBUILT, config.data_dir / CATALOGUE)
        return summary


def _rebuild(config: Config, told: Progress | None) -> Summary:
    progress.tell(config, "loading", 0, 0)
    discard(config.data_dir / REBUILT)
    with closing(_writer(config, REBUILT)) as writer:
        return load_once(config, writer, told)


def _writer(config: Config, name: str = CATALOGUE) -> CatalogueWriter:
    return CatalogueWriter(config.data_dir / name, config.zone)


@contextmanager
def _locked(config: Config, lock: int | None = None) -> Iterator[None]:
    path = config.data_dir / LOCK
    with open_lock(path) if lock is None else os.fdopen(lock, "a+", encoding="utf-8") as held:
        _take(held, path)
        yield


def _take(lock: IO[str], path: Path) -> None:
    end = time.monotonic() + GLANCE_SECONDS
    try:
        while not lock_for_us(lock):
            if time.monotonic() > end:
                lock.seek(0)
                raise WriterBusyError(str(path), lock.read().strip() or "another process")
            time.sleep(GLANCE_SECONDS / 10)
        lock.truncate(0)
        # the time too: in a container every process may have the same number
        since = datetime.now(UTC).isoformat()
        lock.write(f"process {os.getpid()} ({' '.join(sys.argv[:2])}) since {since}")
        lock.flush()
    except OSError as error:
        raise CatalogueError(str(path), f"cannot be locked: {error.strerror}") from error


def load_once(
    config: Config,
    writer: CatalogueWriter,
    reading: Progress | None = None,
    folders: Folders = None,
) -> Summary:
    """Load what changed, telling the data folder's status file how far it is; ``folders`` as in
    ``loading.load``.

    A reload that takes no time tells nothing until it is done: it hides nothing from readers.
    """
    told = time.monotonic()
    if progress.told(config).state != "loaded":
        progress.tell(config, "loading", 0, 0)

    def tell(done: int, total: int) -> None:
        nonlocal told
        if reading:
            reading(done, total)
        if time.monotonic() - told > TOLD_SECONDS:
            told = time.monotonic()
            progress.tell(config, "loading", done, total)

    _await_checkout(config.articles_dir)
    summary = load(config, writer, datetime.now(UTC), tell, folders=folders)
    progress.tell(config, "loaded", summary.files, summary.files)
    return summary


def _await_checkout(root: Path) -> None:
    """Let git finish: in the middle of a checkout the folder is neither the old nor the new."""
    end = time.monotonic() + CHECKOUT_SECONDS
    while articles.checkout_in_progress(root) and time.monotonic() < end:
        time.sleep(0.02)


def follow(
    config: Config,
    stop: threading.Event,
    told: Callable[[Summary], None] | None = None,
    lock: int | None = None,
    pulse: Callable[[], object] = lambda: None,
) -> None:
    """Load now, and again whenever the folder changes, until ``stop`` is set.

    When the folder goes away, what is online stays; when it comes back, or another takes its
    place, that one is followed.

    ``told`` hears of every load; ``lock`` is as in ``loading``; ``pulse`` is called some times a
    second.

    Raises:
        WriterBusyError: another process does so.
        ArchiveError: the first load failed, or the folder cannot be watched.
    """
    guard = _Guard(config, pulse)
    with (
        loading(config, lock) as load_now,
        closing(looks(config.articles_dir, stop, guard.wants_a_look)) as found,
    ):
        progress.tell(config, "loading", 0, 0)
        # it watches from here on, so that what is saved during the load is not missed
        next(found, None)
        _report(load_now(None, None), told)
        failed = False
        guard.looked(failed=False)
        for folders in found:
            try:
                _report(load_now(None, None if failed else folders), told)
                failed = False
            except ArchiveError as error:
                # what is online stays online; the next change, or the next look, tries again
                _log.error("%s", error)
                failed = True
            guard.looked(failed=failed)


class _Guard:
    """Notices when somebody removes or replaces the catalogue or finds it damaged, and when a load
    that failed is due again."""

    def __init__(self, config: Config, asked: Callable[[], object]) -> None:
        self._config = config
        #: called whenever this is asked
        self._asked = asked
        self._inode = 0
        #: when it is tried again, if the last load failed
        self._due = float("inf")

    def looked(self, *, failed: bool) -> None:
        """It is as the last load left it."""
        self._inode = self._found()
        self._due = time.monotonic() + RETRY_SECONDS if failed else float("inf")

    def wants_a_look(self) -> bool:
        """Whether there is something to mend."""
        self._asked()
        flags = progress.CATALOGUE_FLAG, progress.SUSPICION_FLAG
        is_asked = any(progress.is_distrusted(self._config, flag) for flag in flags)
        return is_asked or time.monotonic() > self._due or self._found() != self._inode

    def _found(self) -> int:
        try:
            return (self._config.data_dir / CATALOGUE).stat().st_ino
        except OSError:
            return 0


def _report(summary: Summary, told: Callable[[Summary], None] | None) -> None:
    if told:
        told(summary)
