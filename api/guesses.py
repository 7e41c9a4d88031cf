"""A bound on guessing: who tries passwords has so many tries, and gets new ones slowly."""

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic

KEYS_MAX = 10_000
"""Names and addresses that are remembered; beyond it the one seen longest ago is forgotten."""
IPV6_NETWORK_BITS = 64
"""What one subscriber has of IPv6 at least: its addresses count as one."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many tries there are at once, and how long one takes to come back."""

    tries: int
    refill_s: float


OF_ONE_AT_ANOTHER = Allowance(5, 60)
"""Of one address at one name: a person who mistypes has enough."""
OF_AN_ADDRESS = Allowance(30, 20)
"""Of one address at all names: a hall behind one address has enough on a morning when all sign in."""
OF_A_NAME = Allowance(50, 120)
"""Of all addresses at one name: so many that nobody is easily locked out by others, and 720 a day at most."""


class Guesses:
    """Counts tries by name and by address."""

    def __init__(self, clock: Callable[[], float] = monotonic, keys_max: int = KEYS_MAX) -> None:
        """Begin with nothing tried.

        Args:
            clock: tells seconds that never run back.
            keys_max: how many names and addresses are remembered.
        """
        self._clock = clock
        self._keys_max = keys_max
        self._used: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def take(self, name: str, address: str) -> int:
        """Take a try before a password is looked at; return 0, or how many seconds it takes until there is one."""
        now = self._clock()
        wanted = [(key, allowance, self._left(key, allowance, now)) for key, allowance in _keys(name, address)]
        wait_s = max((1 - left) * allowance.refill_s for _, allowance, left in wanted)
        if wait_s > 0:
            return math.ceil(wait_s)
        for key, allowance, left in wanted:
            self._used[key] = (allowance.tries - left + 1, now)
            self._used.move_to_end(key)
        while len(self._used) > self._keys_max:
            self._used.popitem(last=False)
        return 0

    def give_back(self, name: str, address: str) -> None:
        """Give a try back, because the password was right; that address has all its tries at that name again."""
        pair, *others = (key for key, _ in _keys(name, address))
        self._used.pop(pair, None)
        for key in others:
            used, at = self._used.get(key, (0.0, 0.0))
            if used:
                self._used[key] = (max(0.0, used - 1), at)

    def _left(self, key: tuple[str, str], allowance: Allowance, now: float) -> float:
        used, at = self._used.get(key, (0.0, now))
        return allowance.tries - max(0.0, used - (now - at) / allowance.refill_s)

    def __len__(self) -> int:
        return len(self._used)


def _keys(name: str, address: str) -> Iterator[tuple[tuple[str, str], Allowance]]:
    address = _network(address)
    yield (name, address), OF_ONE_AT_ANOTHER
    yield ("", address), OF_AN_ADDRESS
    yield (name, ""), OF_A_NAME


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found.packed, IPV6_NETWORK_BITS), strict=False))
    return str(found)
