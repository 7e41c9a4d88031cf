"""Signing in and out, passwords, and the first account: what HTTP and the command line do with accounts."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

import structlog

from api.guesses import Guesses
from api.identities import Identities, Principal
from api.passwords import (
    PASSWORD_CHARS_MIN,
    Passwords,
    digest_of,
    is_fit,
    new_session,
    new_token,
    one_time_password,
)
from api.problems import Problem
from controller.runtime.accounts import Account, Accounts, Role, Token

log = structlog.get_logger(__name__)

FIRST_ACCOUNT = "manager"
NAME_CHARS_MAX = 64
NAME = re.compile(r"[\w.@-]{1,64}")
HALL = re.compile(r"[a-z0-9-]{1,64}")
SELF = "system"


class SignIn:
    """Accounts, as a controller and the command line use them.

    Attributes:
        accounts: the rows.
        identities: callers by their secrets.
    """

    def __init__(self, accounts: Accounts, passwords: Passwords | None = None, guesses: Guesses | None = None) -> None:
        """Begin.

        Args:
            accounts: the rows.
            passwords: compares them; with other parameters in tests.
            guesses: bounds guessing; with another clock in tests.
        """
        self.accounts = accounts
        self.identities = Identities(accounts)
        self._passwords = passwords or Passwords()
        self._guesses = guesses or Guesses()

    async def sign_in(self, name: str, password: str, address: str) -> tuple[str, Principal]:
        """Return the secret of a new session, and whose it is.

        A name that nobody has, an account that is disabled and a wrong password are told apart by nothing.

        Raises:
            Problem: they aren't right, or too many were tried.
            OperatingError: it can't be done now.
        """
        name = normal_name(name)
        account = await self._checked(name, password, address, Problem(401, "sign_in_failed"))
        secret = new_session()
        digest = digest_of(secret)
        await self.accounts.open_session(account.name, digest)
        log.info("signed_in", account=account.name, address=address)
        return secret, _principal(account, digest)

    async def _checked(self, name: str, password: str, address: str, otherwise: Problem) -> Account:
        """Return the account whose password it is."""
        wait_s = self._guesses.take(name, address)
        if wait_s:
            log.warning("guessing_stopped", address=address, wait_s=wait_s)
            raise Problem(429, "too_many_guesses", {"seconds": wait_s}, headers={"Retry-After": str(wait_s)})
        account = await self.accounts.account(name)
        verdict = await self._passwords.verify(account.password if account is not None else None, password)
        if account is None or not account.enabled or not verdict.right:
            log.warning("sign_in_failed", account=account.name if account is not None else None, address=address)
            raise otherwise
        self._guesses.give_back(name, address)
        if verdict.outdated:
            await self.accounts.renew_hash(account.name, account.password, await self._passwords.hash(password))
        return account

    async def sign_out(self, who: Principal) -> None:
        """End the session that somebody asks by; a token has none.

        Raises:
            OperatingError: it can't be done now.
        """
        if who.session is not None:
            await self.accounts.close_session(who.name, who.session)
            self.identities.forget(who.name)

    async def change_password(self, who: Principal, current: str, new: str, address: str) -> tuple[str, Principal]:
        """Give somebody a password of the own choice; all sessions end, and a new one begins.

        Returns:
            Its secret, and whose it is.

        Raises:
            Problem: the current one is wrong, the new one doesn't do, or it is a program that asks.
            OperatingError: it can't be done now.
        """
        if who.kind != "account":
            raise Problem(409, "token_has_no_password")
        account = await self._checked(who.name, current, address, Problem(422, "password_wrong"))
        if not is_fit(new, who.name) or unicodedata.normalize("NFKC", new) == unicodedata.normalize("NFKC", current):
            raise Problem(422, "password_unfit", {"chars_min": PASSWORD_CHARS_MIN})
        secret = new_session()
        digest = digest_of(secret)
        hashed = await self._passwords.hash(new)
        await self.accounts.set_password(account.name, hashed, must_change=False, by=who.actor, opens=digest)
        self.identities.forget(who.name)
        return secret, Principal("account", account.name, account.role, account.hall, session=digest)

    # -- administration -----------------------------------------------------------------------------------------------

    async def first_account(self) -> str | None:
        """Make a manager where there is no account at all; return its one-time password.

        Raises:
            OperatingError: it can't be done now.
        """
        if await self.accounts.accounts():
            return None
        password = one_time_password()
        account = await self._new(FIRST_ACCOUNT, Role.MANAGER, None, password)
        return password if await self.accounts.begin(account, SELF) else None

    async def add(self, name: str, role: Role, hall: str | None, by: str) -> str:
        """Make an account and return its one-time password.

        Raises:
            Problem: the name is taken, or the form of something isn't right.
            OperatingError: it can't be done now.
        """
        name = checked_name(name)
        check_hall(hall)
        if role is Role.SCRAPE:
            raise Problem(422, "role_of_tokens", {"role": role.value})
        password = one_time_password()
        if not await self.accounts.add(await self._new(name, role, hall, password), by):
            raise Problem(409, "account_exists", {"name": name})
        return password

    async def guest(self, name: str, role: Role, by: str) -> str:
        """Return a new password of a guest's account, which is made if need be; it may be used until the next one.

        Raises:
            OperatingError: it can't be done now.
        """
        password = one_time_password()
        account = await self._new(name, role, None, password)
        if not await self.accounts.add(replace(account, must_change=False), by):
            await self.accounts.set_password(name, account.password, must_change=False, by=by)
        self.identities.forget(name)
        return password

    async def reset_password(self, name: str, by: str) -> str:
        """Give an account a one-time password, end its sessions, and return it.

        Raises:
            Problem: there is no such account.
            OperatingError: it can't be done now.
        """
        name, password = normal_name(name), one_time_password()
        hashed = await self._passwords.hash(password)
        if not await self.accounts.set_password(name, hashed, must_change=True, by=by):
            raise Problem(404, "account_unknown", {"name": name})
        self.identities.forget(name)
        return password

    async def set_enabled(self, name: str, *, enabled: bool, by: str) -> None:
        """Let an account be used or not.

        Raises:
            Problem: there is no such account.
            OperatingError: it can't be done now.
        """
        name = normal_name(name)
        if not await self.accounts.set_enabled(name, enabled=enabled, by=by):
            raise Problem(404, "account_unknown", {"name": name})
        self.identities.forget(name)

    async def add_token(self, name: str, role: Role, hall: str | None, by: str) -> str:
        """Return a new token for a program.

        Raises:
            Problem: the form of something isn't right.
            OperatingError: it can't be done now.
        """
        name = checked_name(name)
        check_hall(hall)
        token = new_token()
        await self.accounts.add_token(Token(name, role, hall), digest_of(token), by)
        return token

    async def revoke_tokens(self, name: str, by: str) -> None:
        """Take every token of a name back.

        Raises:
            Problem: there is none.
            OperatingError: it can't be done now.
        """
        if not await self.accounts.revoke_tokens(normal_name(name), by):
            raise Problem(404, "no_such_token", {"name": name})

    async def _new(self, name: str, role: Role, hall: str | None, password: str) -> Account:
        hashed = await self._passwords.hash(password)
        return Account(name=name, role=role, hall=hall, password=hashed, must_change=True)


def form_of(who: Principal) -> Mapping[str, object]:
    """Return what a caller is told of itself."""
    return {
        "name": who.name,
        "kind": who.kind,
        "role": who.role.value,
        "hall": who.hall,
        "must_change_password": who.must_change,
    }


def normal_name(name: str) -> str:
    """Return a name as it is kept, however it was typed."""
    return unicodedata.normalize("NFKC", name).strip()


def checked_name(name: str) -> str:
    """Return the name of a new account or token as it is kept.

    Raises:
        Problem: it isn't one.
    """
    name = normal_name(name)
    if NAME.fullmatch(name) is None:
        raise Problem(422, "name_unfit", {"name": name, "chars_max": NAME_CHARS_MAX})
    return name


def check_hall(hall: str | None) -> None:
    """See that a hall's id is one; the hall itself may come later.

    Raises:
        Problem: it isn't.
    """
    if hall is not None and HALL.fullmatch(hall) is None:
        raise Problem(422, "hall_unfit", {"hall": hall})


def _principal(account: Account, session: str) -> Principal:
    return Principal("account", account.name, account.role, account.hall, account.must_change, session)
