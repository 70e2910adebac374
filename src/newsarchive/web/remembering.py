"""What was composed lately: the newest entries are lines of many pages."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

#: values that a process remembers, about a kilobyte each
MOST_REMEMBERED = 4_000
T = TypeVar("T")

_REMEMBERED: dict[Hashable, Any] = {}


def remembered(key: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` makes of what ``key`` says, and of nothing else."""
    found: T | None = _REMEMBERED.get(key)
    if found is None:
        if len(_REMEMBERED) >= MOST_REMEMBERED:
            _REMEMBERED.clear()
        found = _REMEMBERED[key] = make()
    return found
