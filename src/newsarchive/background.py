"""Work beside the work: in a thread of its own, when it is woken and when it is due."""

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

#: seconds after which what failed is tried again
RETRY_SECONDS = 5.0
#: seconds without being woken at most: what is longer overflows, and a clock may be set meanwhile
MOST_SECONDS = 3600.0

_log = logging.getLogger("newsarchive.background")


class Background:
    """Does ``work`` again and again while it is entered.

    ``work`` gives the seconds after which there is more to do, None if nobody knows. A failure is
    noted and tried again: whatever it is, it must not end what everybody relies on. ``end`` is
    done last; whoever leaves waits ``farewell`` seconds for that at most.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], float | None],
        *,
        end: Callable[[], object] = lambda: None,
        farewell: float = 5.0,
    ) -> None:
        self._work, self._end, self._farewell = work, end, farewell
        self._woken = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stopped = True
        self.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout=self._farewell)

    def wake(self) -> None:
        """There is something to do."""
        self._woken.set()

    def _run(self) -> None:
        while not self._stopped:
            self._woken.clear()
            try:
                wait = self._work()
            except Exception:  # noqa: BLE001 - whatever it is, it is noted and tried again
                _log.exception("%s failed, and tries again", self._thread.name)
                wait = RETRY_SECONDS
            self._woken.wait(MOST_SECONDS if wait is None else min(wait, MOST_SECONDS))
        self._end()
