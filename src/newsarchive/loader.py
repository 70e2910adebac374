"""The process that writes: one at a time among any number, following the folder."""

import contextlib
import fcntl
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from watchfiles import watch

from newsarchive import articles
from newsarchive.archive import CATALOGUE
from newsarchive.catalogue import CatalogueWriter
from newsarchive.config import KEYS, PREFIX, Config
from newsarchive.errors import ArchiveError, ArticlesError, CatalogueError, WriterBusyError
from newsarchive.loading import Progress, Summary, load

LOCK = "writer.lock"
STATUS = "status.json"
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
#: how often a worker looks whether somebody follows the folder
SUPERVISION_SECONDS = 2.0
#: a loader that ends sooner has failed
SHORT_LIFE_SECONDS = 5.0
#: longest wait before a loader that fails is started again
MOST_SECONDS = 60.0

_log = logging.getLogger("newsarchive.loader")


@contextmanager
def writing(config: Config, lock: int | None = None) -> Iterator[CatalogueWriter]:
    """Hold the writer's lock and the catalogue for writing.

    ``lock`` is the descriptor of a lock file that was locked for this process already.

    Raises:
        WriterBusyError: another process holds it.
        CatalogueError: the data folder or the catalogue cannot be written.
    """
    path = config.data_dir / LOCK
    with _open(path) if lock is None else os.fdopen(lock, "a+", encoding="utf-8") as held:
        _take(held, path)
        writer = CatalogueWriter(config.data_dir / CATALOGUE, config.zone)
        try:
            yield writer
        finally:
            writer.close()


def _open(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise CatalogueError(str(path), f"cannot be written: {error.strerror}") from error


def _take(lock: IO[str], path: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        raise WriterBusyError(str(path), lock.read().strip() or "another process") from error
    lock.truncate(0)
    lock.write(f"process {os.getpid()} ({' '.join(sys.argv[:2])})")
    lock.flush()


def load_once(config: Config, writer: CatalogueWriter, progress: Progress | None = None) -> Summary:
    """Load what changed, telling the data folder's status file how far it is.

    A reload that takes no time tells nothing until it is done: it hides nothing from readers.
    """
    told = time.monotonic()
    if status(config)["state"] != "loaded":
        _tell(config, "loading", 0, 0)

    def tell(done: int, total: int) -> None:
        nonlocal told
        if progress:
            progress(done, total)
        if time.monotonic() - told > TOLD_SECONDS:
            told = time.monotonic()
            _tell(config, "loading", done, total)

    _await_checkout(config.articles_dir)
    summary = load(config, writer, datetime.now(UTC), tell)
    _tell(config, "loaded", summary.files, summary.files)
    return summary


def _tell(config: Config, state: str, done: int, total: int) -> None:
    path = config.data_dir / STATUS
    status = {"state": state, "done": done, "total": total, "process": os.getpid()}
    with contextlib.suppress(OSError):  # a full disk: the load itself will say so
        path.with_suffix(".tmp").write_text(json.dumps(status), encoding="utf-8")
        path.with_suffix(".tmp").replace(path)


def status(config: Config) -> dict[str, object]:
    """What the loader last told: ``state`` (loading, loaded, unknown), ``done``, ``total``."""
    try:
        told = json.loads((config.data_dir / STATUS).read_text(encoding="utf-8"))
        return {key: told[key] for key in ("state", "done", "total")}
    except (OSError, ValueError, KeyError, TypeError):
        return {"state": "unknown", "done": 0, "total": 0}


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

    ``told`` hears of every load; ``lock`` is as in ``writing``.

    Raises:
        WriterBusyError: another process does so.
        ArchiveError: the first load failed.
    """
    with writing(config, lock) as writer:
        changes = watch(
            config.articles_dir, watch_filter=None, stop_event=stop, step=QUIET_MILLISECONDS,
            debounce=PATIENCE_MILLISECONDS, rust_timeout=PULSE_MILLISECONDS, yield_on_timeout=True,
        )  # fmt: skip
        # a generator: it watches from here on, so that what is saved during the load is not missed
        try:
            next(changes, None)
        except OSError as error:
            raise ArticlesError(
                str(config.articles_dir), f"the articles folder cannot be watched: {error}"
            ) from error
        _tell(config, "loading", 0, 0)
        _report(load_once(config, writer), told)
        looked = time.monotonic()
        for found in changes:
            if stop.is_set():
                return
            if not found and time.monotonic() - looked < UNTOLD_SECONDS:
                continue
            try:
                _report(load_once(config, writer), told)
            except ArchiveError as error:
                # what is online stays online; the next change, or the next look, tries again
                _log.error("%s", error)
            looked = time.monotonic()


def _report(summary: Summary, told: Callable[[Summary], None] | None) -> None:
    if told:
        told(summary)


class Supervisor:
    """Sees to it that some process follows the folder, from any worker of any server."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._stop = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin, in this process and in every one forked from it."""
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._child = None
        threading.Thread(target=self._run, name="newsarchive-supervisor", daemon=True).start()

    def stop(self) -> None:
        """Stop, and let the loader finish what it is writing."""
        self._stop.set()
        child = self._child
        if child is not None and child.stdin is not None:
            child.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=10)

    def _run(self) -> None:
        wait = SUPERVISION_SECONDS
        while not self._stop.is_set():
            begun = time.monotonic()
            # what fails here is tried again: the lock is held, the disk is full
            with (
                contextlib.suppress(CatalogueError, OSError),
                _open(self._config.data_dir / LOCK) as lock,
            ):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._child = self._spawn(lock)
            if self._child is not None:
                self._child.wait()
                self._child = None
                # one that fails at once is not tried at every turn
                failed = time.monotonic() - begun < SHORT_LIFE_SECONDS
                wait = min(2 * wait, MOST_SECONDS) if failed else SUPERVISION_SECONDS
            self._stop.wait(wait)

    def _spawn(self, lock: IO[str]) -> "subprocess.Popen[bytes]":
        """Start a loader that inherits the lock, so that no two workers start one.

        It ends by itself when this process does: its standard input is a pipe that only this
        process holds.
        """
        # every setting is in its environment, so no file is to be looked for
        words = ["--config", os.devnull, "watch", "--until-eof", "--lock", str(lock.fileno())]
        return subprocess.Popen(  # noqa: S603 - our own interpreter and words
            [sys.executable, "-m", "newsarchive", *words],
            stdin=subprocess.PIPE,
            env=_environ(self._config),
            pass_fds=[lock.fileno()],
        )  # fmt: skip


def _environ(config: Config) -> dict[str, str]:
    """The settings in force, for a process of our own."""
    mine = {f"{PREFIX}{key.upper()}": str(getattr(config, key)) for key in KEYS}
    return {**os.environ, **mine}
