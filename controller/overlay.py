"""A mapping that is cheap to change without changing it.

``evolve`` returns a new state for each event, so a plain dict of a day's tickets would be copied whole each time.
An overlay keeps a large base that nobody changes and a small top of recent changes; setting a key copies the top alone.
"""

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

TOP_SIZE_MAX = 128
"""Changes kept in the top before they are folded into a new base: the cost of a change stays near
``TOP_SIZE_MAX + len(base) / TOP_SIZE_MAX`` copied entries, least for some 16,000 entries, a very busy day."""


class Overlay(Mapping[K, V], Generic[K, V]):
    """An immutable mapping; :meth:`set` returns a changed one and leaves this one as it is."""

    __slots__ = ("_base", "_top")

    def __init__(self, base: Mapping[K, V] | None = None, top: Mapping[K, V] | None = None) -> None:
        self._base = {} if base is None else base
        self._top = {} if top is None else top

    def set(self, key: K, value: V) -> "Overlay[K, V]":
        """Return this mapping with ``key`` set to ``value``."""
        top = dict(self._top)
        top[key] = value
        if len(top) <= TOP_SIZE_MAX:
            return Overlay(self._base, top)
        return Overlay({**self._base, **top})

    def __getitem__(self, key: K) -> V:
        if key in self._top:
            return self._top[key]
        return self._base[key]

    def __iter__(self) -> Iterator[K]:
        yield from self._base
        yield from (key for key in self._top if key not in self._base)

    def __len__(self) -> int:
        return len(self._base) + sum(key not in self._base for key in self._top)

    def __contains__(self, key: object) -> bool:
        return key in self._top or key in self._base
