"""What was made lately, by all that it was made of."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memory(Generic[K, V]):
    """Remembers at most so many things; one more, and all are forgotten. Shared by threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """What is held under a key."""
        return self._held.get(key)

    def keep(self, key: K, made: V) -> V:
        """Remember a thing; it comes back."""
        if len(self._held) >= self._most:
            self._held.clear()
        self._held[key] = made
        return made

    def of(self, key: K, make: Callable[[], V]) -> V:
        """What ``make`` makes of what ``key`` says and of nothing else, which is never None."""
        held = self.get(key)
        return self.keep(key, make()) if held is None else held
