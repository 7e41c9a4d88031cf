"""Time in the demo: everything that people do takes as much less as the demo is faster."""

import asyncio


class Tempo:
    """A clock of simulated seconds, which begins at 0 when it is made; to be made within an event loop.

    Attributes:
        speed: simulated seconds in a real one.
    """

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()

    def now_s(self) -> float:
        """Return the simulated time."""
        return (self._loop.time() - self._began_s) * self.speed

    def real_s(self, simulated_s: float) -> float:
        """Return how long a simulated time really takes."""
        return max(0.0, simulated_s) / self.speed

    async def sleep(self, simulated_s: float) -> None:
        """Let a simulated time pass."""
        await asyncio.sleep(self.real_s(simulated_s))

    async def sleep_until(self, at_s: float) -> None:
        """Let time pass until a simulated time; at once if it has passed."""
        await self.sleep(at_s - self.now_s())
