"""Sees to it that one process follows the folder: it is started by whoever serves.

Apart from the loader itself, so that it is started before all that a server has to import.
"""

import contextlib
import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from newsarchive.config import KEYS, PREFIX, Config
from newsarchive.errors import CatalogueError
from newsarchive.progress import LOCK

#: how often a worker looks whether somebody follows the folder
SUPERVISION_SECONDS = 2.0
#: a loader that ends sooner has failed
SHORT_LIFE_SECONDS = 5.0
#: longest wait before a loader that fails is started again
MOST_SECONDS = 60.0


def open_lock(path: Path) -> IO[str]:
    """The file of the writer's lock.

    Raises:
        CatalogueError: it cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise CatalogueError(str(path), f"cannot be written: {error.strerror}") from error


def lock_for_us(lock: IO[str]) -> bool:
    """Whether it is ours now."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
            open_lock(self._config.data_dir / LOCK) as lock,
        ):
            if not self._stop.is_set() and lock_for_us(lock):
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
