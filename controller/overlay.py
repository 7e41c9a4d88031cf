"""A mapping that is cheap to change without changing it.

``evolve`` returns a new state for each event, so a plain dict of a day's tickets would be copied whole each time.
An overlay keeps a large base that nobody changes and a small top of recent changes; setting a key copies the top alone.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

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

    def get(self, key: K, default: Any = None) -> Any:
        """Return what is at ``key``, without the exception that :class:`Mapping` would raise inside."""
        return self._top[key] if key in self._top else self._base.get(key, default)

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


class DraftOverlay(Overlay[K, V]):
    """An overlay that one owner alone sees: :meth:`set` changes it in place. Whoever shares it makes it whole first."""

    __slots__ = ("_entries",)

    def __init__(self, overlay: Overlay[K, V]) -> None:
        self._entries: dict[K, V] = dict(overlay)
        super().__init__(self._entries)

    def set(self, key: K, value: V) -> "Overlay[K, V]":
        """Set ``key`` to ``value`` here."""
        self._entries[key] = value
        return self

    def whole(self) -> Overlay[K, V]:
        """Return an immutable overlay of what stands here; this one is not to be changed any more."""
        return Overlay(self._entries)
