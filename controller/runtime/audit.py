"""Changes of what people administer: rows, and beside them, in the same transaction, who changed what."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from controller.runtime.clock import Clock
from controller.runtime.journal import Journal
from controller.runtime.tables import audit

CHANGE_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class Auditor:
    """Writes changes with their audit rows."""

    journal: Journal
    clock: Clock

    async def change(
        self, by: str, action: str, subject: str, work: Callable[[Connection], bool], **detail: object
    ) -> bool:
        """Do something and note it; return whether something was done.

        A change whose acknowledgement was lost is known again by its audit row's id, and isn't done twice.

        Args:
            by: who does it, e.g. ``cli:root``.
            action: what is done, in the past tense.
            subject: to what, e.g. ``account:wang``.
            work: does it; tells whether there was anything to do.
            detail: what else is worth knowing; never a secret.

        Raises:
            LogUnavailable: the database doesn't let us.
        """
        change_id, at = secrets.token_hex(CHANGE_ID_BYTES), self.clock.now()
        text = json.dumps(detail, ensure_ascii=False)

        def do(connection: Connection) -> bool:
            if connection.scalar(select(audit.c.id).where(audit.c.id == change_id)) is not None:
                return True
            if not work(connection):
                return False
            connection.execute(
                audit.insert().values(id=change_id, at=at, actor=by, action=action, subject=subject, detail=text)
            )
            return True

        return await self.journal.change(do)
