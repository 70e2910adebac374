"""The process that writes: one at a time among any number, following the folder."""

import contextlib
import fcntl
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from watchfiles import Change, watch

from newsarchive import articles, progress
from newsarchive.archive import CATALOGUE
from newsarchive.catalogue import CatalogueWriter
from newsarchive.catalogue.store import discard, is_damage, put_in_place
from newsarchive.config import KEYS, PREFIX, Config
from newsarchive.errors import ArchiveError, ArticlesError, CatalogueError, WriterBusyError
from newsarchive.loading import Summary, load
from newsarchive.progress import LOCK
from newsarchive.reading import Progress

#: a catalogue while it is made anew
REBUILT = "rebuilt.sqlite3"
#: quiet for so long, and a batch of changes is complete
QUIET_MILLISECONDS = 60
#: but never kept waiting for longer
PATIENCE_MILLISECONDS = 1600
#: how often the status file is written
TOLD_SECONDS = 0.5
#: longest wait for git to finish a checkout
CHECKOUT_SECONDS = 30.0
#: how often the watch says that nothing changed
PULSE_MILLISECONDS = 200
#: a look without being told of a change, for file systems that tell nothing
UNTOLD_SECONDS = 60
#: but it takes no more than so much of the time
UNTOLD_SHARE = 1 / 30
#: folders in which something changed at once, from which on the whole is looked at
MANY_FOLDERS = 50
#: a lock that is held for longer is not only being asked after (see ``progress``)
GLANCE_SECONDS = 0.1
#: how often a worker looks whether somebody follows the folder
SUPERVISION_SECONDS = 2.0
#: a loader that ends sooner has failed
SHORT_LIFE_SECONDS = 5.0
#: longest wait before a loader that fails is started again
MOST_SECONDS = 60.0

#: in which something may have changed; None if that may be anywhere
Folders = frozenset[str] | None
#: device and inode
_Place = tuple[int, int]

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
            try:
                return load_once(config, writer, told, folders)
            except CatalogueError as error:
                if not is_damage(error.__cause__):
                    raise
                _log.error("%s; it is made anew from the articles", error)
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
    with _open(path) if lock is None else os.fdopen(lock, "a+", encoding="utf-8") as held:
        _take(held, path)
        yield


def _open(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise CatalogueError(str(path), f"cannot be written: {error.strerror}") from error


def _take(lock: IO[str], path: Path) -> None:
    end = time.monotonic() + GLANCE_SECONDS
    try:
        while not _lock(lock):
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


def _lock(lock: IO[str]) -> bool:
    """Whether it is ours now."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
) -> None:
    """Load now, and again whenever the folder changes, until ``stop`` is set.

    When the folder goes away, what is online stays; when it comes back, or another takes its
    place, that one is followed.

    ``told`` hears of every load; ``lock`` is as in ``loading``.

    Raises:
        WriterBusyError: another process does so.
        ArchiveError: the first load failed, or the folder cannot be watched.
    """
    with loading(config, lock) as load_now, closing(_looks(config.articles_dir, stop)) as looks:
        progress.tell(config, "loading", 0, 0)
        # it watches from here on, so that what is saved during the load is not missed
        next(looks, None)
        _report(load_now(None, None), told)
        failed = False
        for folders in looks:
            try:
                _report(load_now(None, None if failed else folders), told)
                failed = False
            except ArchiveError as error:
                # what is online stays online; the next change, or the next look, tries again
                _log.error("%s", error)
                failed = True


def _looks(folder: Path, stop: threading.Event) -> Generator[Folders]:
    """Yields when the folder is to be looked at, and where in it: now, at every change, when it
    goes or comes back.

    Raises:
        ArticlesError: it is there and cannot be watched.
    """
    while not stop.is_set():
        yield from _looks_at(folder, _place(folder), stop)
        if _place(folder) is None:
            yield None  # who looks finds it gone, and says so once
            while _place(folder) is None and not stop.wait(PULSE_MILLISECONDS / 1000):
                pass


def _looks_at(folder: Path, place: _Place | None, stop: threading.Event) -> Generator[Folders]:
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
        if folders is None or time.monotonic() - looked > wait:
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
        folders.add(place.rpartition("/")[0])
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


def _report(summary: Summary, told: Callable[[Summary], None] | None) -> None:
    if told:
        told(summary)


class Supervisor:
    """Sees to it that some process follows the folder, from any worker of any server."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._stop = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        #: held while the lock's file is open here: a process forked meanwhile would inherit the
        #: descriptor, and with it the lock, for as long as it lives
        self._spawning = threading.Lock()

    def start(self) -> None:
        """Begin, in this process and in every one forked from it."""
        os.register_at_fork(
            before=self._hold, after_in_parent=self._let_go, after_in_child=self._forked
        )
        self._begin()

    def _hold(self) -> None:
        self._spawning.acquire()

    def _let_go(self) -> None:
        self._spawning.release()

    def _forked(self) -> None:
        """In a child: of what was forked with it, only the settings are its own."""
        stopped = self._stop.is_set()
        self._spawning = threading.Lock()
        self._stop = threading.Event()
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()  # the loader is to end with the parent, not with this
        self._child = None
        if not stopped:
            self._begin()

    def _begin(self) -> None:
        threading.Thread(target=self._run, name="newsarchive-supervisor", daemon=True).start()

    def stop(self) -> None:
        """Stop, and let the loader finish what it is writing."""
        self._stop.set()
        with self._spawning:
            child = self._child
        if child is not None and child.stdin is not None:
            child.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=10)

    def _run(self) -> None:
        wait = SUPERVISION_SECONDS
        while not self._stop.is_set():
            begun = time.monotonic()
            child = self._spawn_if_needed()
            if child is not None:
                child.wait()
                self._child = None
            wait = wait_after(time.monotonic() - begun if child is not None else None, wait)
            self._stop.wait(wait)

    def _spawn_if_needed(self) -> "subprocess.Popen[bytes] | None":
        """A loader, if there is none on this machine; None if there is, or none can be."""
        # what fails here is tried again: the disk is full
        with (
            self._spawning,
            contextlib.suppress(CatalogueError, OSError),
            _open(self._config.data_dir / LOCK) as lock,
        ):
            if not self._stop.is_set() and _lock(lock):
                lock.truncate(0)  # who stood there is gone
                self._child = self._spawn(lock)
        return self._child

    def _spawn(self, lock: IO[str]) -> "subprocess.Popen[bytes]":
        """Start a loader that inherits the lock, so that no two workers start one.

        It ends by itself when this process does: its standard input is a pipe whose other end
        only this process holds. What is forked from this one inherits that end and closes it
        (``_forked``); what else it starts never gets it, as descriptors are closed at exec.
        """
        # every setting is in its environment, so no file is to be looked for
        words = ["--config", os.devnull, "watch", "--until-eof", "--lock", str(lock.fileno())]
        return subprocess.Popen(  # noqa: S603 - our own interpreter and words
            [sys.executable, "-m", "newsarchive", *words],
            stdin=subprocess.PIPE,
            env=environ_of(self._config),
            pass_fds=[lock.fileno()],
        )  # fmt: skip


def wait_after(lived: float | None, waited: float) -> float:
    """Seconds to wait after a loader that lived so long, None if none was started: one that
    fails at once is not tried at every turn."""
    if lived is None or lived >= SHORT_LIFE_SECONDS:
        return SUPERVISION_SECONDS
    return min(2 * waited, MOST_SECONDS)


def environ_of(config: Config) -> dict[str, str]:
    """The settings in force, for a process of our own."""
    mine = {f"{PREFIX}{key.upper()}": str(getattr(config, key)) for key in KEYS}
    return {**os.environ, **mine}
