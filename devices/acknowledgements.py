"""In which order messages are acknowledged to the broker."""

from collections import OrderedDict

from devices.manual_client import ManualClient


class Acknowledgements:
    """Sends acknowledgements in the order of receipt, as MQTT wants it (5.0, 4.6), whatever order the work ends in.

    Only what steps aside loses its turn: one event that waits for a full disk must not keep the others' from the
    broker, which would soon send us nothing any more.
    """

    def __init__(self, client: ManualClient) -> None:
        self._client = client
        self._pending: OrderedDict[int, bool] = OrderedDict()

    def expect(self, mid: int) -> None:
        """Note a message that came."""
        self._pending[mid] = False

    def done(self, mid: int) -> None:
        """Acknowledge a message as soon as all before it are done."""
        if mid not in self._pending:
            self._client.acknowledge(mid)
            return
        self._pending[mid] = True
        self._send_ready()

    def step_aside(self, mid: int) -> None:
        """Take a message out of the order."""
        self._pending.pop(mid, None)
        self._send_ready()

    def _send_ready(self) -> None:
        while self._pending:
            mid, done = next(iter(self._pending.items()))
            if not done:
                return
            del self._pending[mid]
            self._client.acknowledge(mid)
