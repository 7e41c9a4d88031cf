"""The call pad of a clerk (叫号器): a key a press, an answer each."""

from collections.abc import Mapping

from devices.agent.program import Program, UnknownCommandError
from devices.agent.wire import Command, Reply, new_event


class CallPad(Program):
    """A call pad, bound to its window by the plan."""

    async def press(self, action: str, details: Mapping[str, object] | None = None) -> Reply:
        """Send a press.

        Args:
            action: ``next``, ``recall``, ``start``, ``finish``, ``no-show``, ``hold``, ``resume``, ``transfer``,
                ``away``, ``back``, ``open`` or ``close``.
            details: what the action needs besides, e.g. the reason of ``away``.

        Raises:
            NoReplyError: no answer in time.
        """
        event = {**(details or {}), **new_event("call_pressed", action=action)}
        return await self.link.request(event)

    async def carry_out(self, command: Command) -> None:
        """Show a text.

        Raises:
            UnknownCommandError: another command.
        """
        if command.type != "show":
            raise UnknownCommandError
        self.tell({"show": command.text("text")})
