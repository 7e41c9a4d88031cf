"""Who asks: callers by the secrets that they bring, found again in the database every second."""

from dataclasses import dataclass
from time import monotonic
from typing import Literal

import structlog

from api.passwords import digest_of
from controller.runtime.accounts import Accounts, Role
from controller.runtime.errors import OperatingError

log = structlog.get_logger(__name__)

TRUSTED_S = 1.0
"""How long what was found is believed: what is revoked at another controller or on the command line ends then."""
KEPT_MAX = 4_096
"""Callers that are remembered; beyond it all are forgotten and looked up again."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who may ask.

    Attributes:
        kind: a person's account or a program's token.
        name: of it.
        role: what it may do.
        hall: where alone; ``None``: everywhere.
        must_change: whether a one-time password must be changed first.
        session: digest of the session, where there is one.
    """

    kind: Literal["account", "token"]
    name: str
    role: Role
    hall: str | None
    must_change: bool = False
    session: str | None = None

    @property
    def actor(self) -> str:
        """How streams and audits name it."""
        return f"{self.kind}:{self.name}"

    def may_act_in(self, hall: str | None) -> bool:
        """Whether it may act in a hall, or everywhere."""
        return self.hall is None or self.hall == hall


class Identities:
    """Finds callers by their secrets. Only those that are there are remembered, so a new one is known at once."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._found: dict[str, tuple[float, Principal]] = {}

    async def of_token(self, token: str) -> Principal | None:
        """Return whose a bearer token is.

        Raises:
            LogUnavailable: the database can't be asked.
        """
        digest = digest_of(token)
        known = self._known(digest)
        if known is None and (found := await self._accounts.token(digest)) is not None:
            known = self._keep(digest, Principal("token", found.name, found.role, found.hall))
        return known

    async def of_session(self, secret: str) -> Principal | None:
        """Return whose a session is, and note that it is used.

        Raises:
            LogUnavailable: the database can't be asked.
        """
        digest = digest_of(secret)
        known = self._known(digest)
        if known is not None:
            return known
        found = await self._accounts.session(digest)
        if found is None:
            return None
        try:
            await self._accounts.use_session(digest, found.seen_at)
        except OperatingError as error:  # the caller is known all the same; what it asks for may need no writing
            log.warning("session_use_not_noted", error=str(error))
        person = found.account
        return self._keep(
            digest, Principal("account", person.name, person.role, person.hall, person.must_change, digest)
        )

    def forget(self, name: str) -> None:
        """Look the sessions of an account up again when they are used next."""
        self._found = {
            digest: entry
            for digest, entry in self._found.items()
            if (entry[1].kind, entry[1].name) != ("account", name)
        }

    def _known(self, digest: str) -> Principal | None:
        until, principal = self._found.get(digest, (0.0, None))
        return principal if monotonic() < until else None

    def _keep(self, digest: str, principal: Principal) -> Principal:
        if len(self._found) >= KEPT_MAX:
            self._found.clear()
        self._found[digest] = (monotonic() + TRUSTED_S, principal)
        return principal
