"""Accounts of people, their sessions, and tokens of programs: plain rows, each change with an audit row beside it.

Rules of this file. No secret comes here: passwords come as hashes, tokens and session ids as digests. A change and its
audit row are one transaction; a change whose acknowledgement was lost is known again by its audit row's id.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, Row, delete, func, select, update

from controller.runtime.audit import Auditor
from controller.runtime.clock import Clock
from controller.runtime.journal import Journal
from controller.runtime.tables import account, audit, session, token

SESSION_IDLE = timedelta(hours=2)
"""So long without a request, and one signs in anew. A console asks whenever something changes on its floor."""
SESSION_LIFE = timedelta(hours=12)
"""A working day and its evening: nobody is signed in from one day to the next."""
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is known when a session was used last: a write for each request would cost more than the request."""
SESSIONS_MAX = 16
"""Of one account; beyond it the one used longest ago ends."""


class Role(StrEnum):
    """What an account or a token may do; `api.access` says it in detail."""

    CLERK = "clerk"
    MANAGER = "manager"
    COUNTY = "county"
    CITY = "city"
    OPERATIONS = "operations"
    SCRAPE = "scrape"
    """Of tokens only: reads the metrics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who signs in.

    Attributes:
        name: by which one signs in.
        role: what for.
        hall: where alone; ``None``: everywhere.
        password: argon2 hash.
        must_change: whether the password is a one-time one.
        enabled: whether the account may be used.
    """

    name: str
    role: Role
    hall: str | None
    password: str
    must_change: bool
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in; ``seen_at`` is when it was used last, to the minute."""

    account: Account
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A program that may ask, by its name; ``hall``: where alone."""

    name: str
    role: Role
    hall: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the audit."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, object]


class Accounts:
    """The rows, on a log's database. Each method may raise `LogUnavailable`."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._audited = Auditor(journal, clock)

    # -- accounts -----------------------------------------------------------------------------------------------------

    async def begin(self, first: Account, by: str) -> bool:
        """Make the first account; return whether there was none before, in any controller."""

        def make(connection: Connection) -> bool:
            if connection.scalar(select(func.count()).select_from(account)):
                return False
            self._insert(connection, first)
            return True

        return await self._audited.change(
            by, "account_added", f"account:{first.name}", make, role=first.role, hall=first.hall
        )

    async def add(self, new: Account, by: str) -> bool:
        """Make an account; return whether its name was free."""

        def make(connection: Connection) -> bool:
            if connection.scalar(select(account.c.name).where(account.c.name == new.name)) is not None:
                return False
            self._insert(connection, new)
            return True

        return await self._audited.change(
            by, "account_added", f"account:{new.name}", make, role=new.role, hall=new.hall
        )

    async def account(self, name: str) -> Account | None:
        """Return an account, if there is one of that name."""
        statement = select(account).where(account.c.name == name)
        return await self._journal.look(lambda connection: _account(connection.execute(statement).one_or_none()))

    async def accounts(self) -> list[Account]:
        """Return all accounts by name."""
        statement = select(account).order_by(account.c.name)
        return await self._journal.look(
            lambda connection: [found for row in connection.execute(statement) if (found := _account(row))]
        )

    async def set_password(
        self, name: str, password: str, *, must_change: bool, by: str, opens: str | None = None
    ) -> bool:
        """Give an account another password and end its sessions; return whether there is such an account.

        Args:
            name: of the account.
            password: hash.
            must_change: whether it is a one-time one.
            by: who does it.
            opens: digest of a session that begins with it.
        """

        def change(connection: Connection) -> bool:
            now = self._clock.now()
            values = {"password": password, "must_change": must_change, "password_at": now}
            if not connection.execute(update(account).where(account.c.name == name).values(**values)).rowcount:
                return False
            connection.execute(delete(session).where(session.c.account == name))
            if opens is not None:
                connection.execute(session.insert().values(digest=opens, account=name, opened_at=now, seen_at=now))
            return True

        return await self._audited.change(by, "password_set", f"account:{name}", change, one_time=must_change)

    async def renew_hash(self, name: str, old: str, new: str) -> None:
        """Put a hash in the place of an older one of the same password."""
        statement = update(account).where(account.c.name == name, account.c.password == old).values(password=new)
        await self._journal.change(lambda connection: connection.execute(statement).rowcount)

    async def set_enabled(self, name: str, *, enabled: bool, by: str) -> bool:
        """Let an account be used or not, its sessions ended; return whether there is such an account."""

        def change(connection: Connection) -> bool:
            statement = update(account).where(account.c.name == name).values(enabled=enabled)
            if not connection.execute(statement).rowcount:
                return False
            connection.execute(delete(session).where(session.c.account == name))
            return True

        action = "account_enabled" if enabled else "account_disabled"
        return await self._audited.change(by, action, f"account:{name}", change)

    def _insert(self, connection: Connection, new: Account) -> None:
        now = self._clock.now()
        connection.execute(
            account.insert().values(
                name=new.name,
                role=new.role.value,
                hall=new.hall,
                password=new.password,
                must_change=new.must_change,
                enabled=new.enabled,
                created_at=now,
                password_at=now,
            )
        )

    # -- sessions -----------------------------------------------------------------------------------------------------

    async def open_session(self, name: str, digest: str) -> None:
        """Begin a session of an account, and forget what is over: its own beyond the bound, and everybody's expired."""

        def begin(connection: Connection) -> bool:
            now = self._clock.now()
            connection.execute(
                delete(session).where(
                    (session.c.opened_at < now - SESSION_LIFE) | (session.c.seen_at < now - SESSION_IDLE)
                )
            )
            newest = connection.scalars(
                select(session.c.digest).where(session.c.account == name).order_by(session.c.seen_at.desc())
            ).all()
            connection.execute(delete(session).where(session.c.digest.in_(newest[SESSIONS_MAX - 1 :])))
            connection.execute(session.insert().values(digest=digest, account=name, opened_at=now, seen_at=now))
            return True

        await self._audited.change(f"account:{name}", "signed_in", f"account:{name}", begin)

    async def session(self, digest: str) -> Session | None:
        """Return a session that still lives, of an account that may be used."""
        now = self._clock.now()
        statement = (
            select(account, session.c.seen_at)
            .join(session, session.c.account == account.c.name)
            .where(
                session.c.digest == digest,
                session.c.opened_at >= now - SESSION_LIFE,
                session.c.seen_at >= now - SESSION_IDLE,
                account.c.enabled,
            )
        )

        def find(connection: Connection) -> Session | None:
            row = connection.execute(statement).one_or_none()
            found = _account(row)
            return Session(found, row.seen_at) if row is not None and found is not None else None

        return await self._journal.look(find)

    async def use_session(self, digest: str, seen_at: datetime) -> None:
        """Note that a session is used, where that was not noted within the last minute."""
        now = self._clock.now()
        if now - seen_at >= SEEN_EVERY:
            statement = update(session).where(session.c.digest == digest).values(seen_at=now)
            await self._journal.change(lambda connection: connection.execute(statement).rowcount)

    async def close_session(self, name: str, digest: str) -> None:
        """End a session of an account."""
        statement = delete(session).where(session.c.digest == digest, session.c.account == name)
        await self._audited.change(
            f"account:{name}",
            "signed_out",
            f"account:{name}",
            lambda connection: bool(connection.execute(statement).rowcount),
        )

    # -- tokens -------------------------------------------------------------------------------------------------------

    async def add_token(self, new: Token, digest: str, by: str) -> None:
        """Let a program ask; those of the same name stay."""
        values = {"name": new.name, "role": new.role.value, "hall": new.hall, "created_at": self._clock.now()}

        def make(connection: Connection) -> bool:
            connection.execute(token.insert().values(digest=digest, **values))
            return True

        await self._audited.change(by, "token_added", f"token:{new.name}", make, role=new.role, hall=new.hall)

    async def token(self, digest: str) -> Token | None:
        """Return the token of a digest, if there is one."""
        statement = select(token).where(token.c.digest == digest)

        def find(connection: Connection) -> Token | None:
            row = connection.execute(statement).one_or_none()
            return None if row is None else Token(row.name, Role(row.role), row.hall)

        return await self._journal.look(find)

    async def tokens(self) -> list[Token]:
        """Return all tokens by name."""
        statement = select(token).order_by(token.c.name, token.c.created_at)
        return await self._journal.look(
            lambda connection: [Token(row.name, Role(row.role), row.hall) for row in connection.execute(statement)]
        )

    async def revoke_tokens(self, name: str, by: str) -> bool:
        """Take every token of a name back; return whether there was one."""
        statement = delete(token).where(token.c.name == name)
        return await self._audited.change(
            by, "token_revoked", f"token:{name}", lambda connection: bool(connection.execute(statement).rowcount)
        )

    # -- audit --------------------------------------------------------------------------------------------------------

    async def changes(self, count: int) -> list[Change]:
        """Return the newest changes, the newest first."""
        statement = select(audit).order_by(audit.c.at.desc(), audit.c.id).limit(count)
        return await self._journal.look(
            lambda connection: [
                Change(row.at, row.actor, row.action, row.subject, json.loads(row.detail))
                for row in connection.execute(statement)
            ]
        )


def _account(row: Row[tuple[object, ...]] | None) -> Account | None:
    if row is None:
        return None
    return Account(
        name=row.name,
        role=Role(row.role),
        hall=row.hall,
        password=row.password,
        must_change=row.must_change,
        enabled=row.enabled,
    )
