"""Accounts, sessions and tokens in both databases: each change audited, lost acknowledgements, races, lifetimes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, inspect

from api.passwords import Passwords, digest_of
from api.problems import Problem
from api.sign_in import SignIn
from controller.runtime import database
from controller.runtime.accounts import SESSION_IDLE, SESSION_LIFE, SESSIONS_MAX, Account, Accounts, Role, Token
from controller.runtime.journal import Journal
from tests.integration.test_journal_migrations import config_on
from tests.support.engines import HandClock
from tests.support.journals import DATABASES, bare_connection, database_url, journal_at, rows
from tests.unit.test_passwords import QUICK

BY = "cli:tests"
WANG = Account(name="王芳", role=Role.CLERK, hall="demo", password="$argon2id$…", must_change=True)  # noqa: S106
STREAM = "hall:demo/2026-03-02"


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return database_url(request, tmp_path)


@pytest.fixture
async def journal(url: str) -> AsyncIterator[Journal]:
    async with journal_at(url) as opened:
        yield opened


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def accounts(journal: Journal, clock: HandClock) -> Accounts:
    return Accounts(journal, clock)


async def actions(accounts: Accounts) -> list[str]:
    return sorted(f"{each.action} {each.subject} by {each.actor}" for each in await accounts.changes(100))


async def test_an_account_is_kept_as_it_was_made(accounts: Accounts) -> None:
    assert await accounts.add(WANG, BY)
    assert await accounts.account("王芳") == WANG
    assert await accounts.account("李娜") is None
    assert await accounts.accounts() == [WANG]
    assert not await accounts.add(WANG, BY), "the name is taken"
    assert await actions(accounts) == ["account_added account:王芳 by cli:tests"]
    (change,) = await accounts.changes(1)
    assert change.detail == {"role": "clerk", "hall": "demo"}
    assert WANG.password not in str(change)


async def test_only_one_of_many_controllers_makes_the_first_account(url: str, accounts: Accounts) -> None:
    async with journal_at(url) as other:
        stores = [accounts, Accounts(other, HandClock())] * 4
        made = await asyncio.gather(*(store.begin(WANG, BY) for store in stores))
    assert sorted(made) == [False] * 7 + [True]
    assert await accounts.accounts() == [WANG]
    assert len(await accounts.changes(100)) == 1


async def test_a_change_whose_acknowledgement_was_lost_is_done_once(
    accounts: Accounts, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = journal.change

    async def twice(work: Any) -> Any:
        await change(work)
        return await change(work)

    monkeypatch.setattr(journal, "change", twice)
    assert await accounts.begin(WANG, BY)
    assert await accounts.set_password("王芳", "other", must_change=False, by=BY, opens=digest_of("s"))
    assert await accounts.session(digest_of("s"))
    await accounts.add_token(Token("prog", Role.CLERK, None), digest_of("t"), BY)
    assert await accounts.revoke_tokens("prog", BY)
    assert not await accounts.revoke_tokens("prog", BY)
    assert len(await accounts.changes(100)) == 4


async def test_what_is_refused_changes_nothing(accounts: Accounts) -> None:
    assert not await accounts.set_password("nobody", "x", must_change=True, by=BY)
    assert not await accounts.set_enabled("nobody", enabled=False, by=BY)
    assert not await accounts.revoke_tokens("nobody", BY)
    assert await accounts.changes(100) == []


async def test_a_session_lives_while_it_is_used_and_a_day_at_most(accounts: Accounts, clock: HandClock) -> None:
    await accounts.add(WANG, BY)
    await accounts.open_session("王芳", digest_of("s"))
    began = clock.at
    step = SESSION_IDLE - timedelta(minutes=1)
    while clock.at + step < began + SESSION_LIFE:
        clock.at += step
        found = await accounts.session(digest_of("s"))
        assert found is not None
        assert found.account == WANG
        await accounts.use_session(digest_of("s"), found.seen_at)
    clock.at = began + SESSION_LIFE + timedelta(seconds=1)
    assert await accounts.session(digest_of("s")) is None
    await accounts.open_session("王芳", digest_of("t"))
    clock.at += SESSION_IDLE + timedelta(seconds=1)
    assert await accounts.session(digest_of("t")) is None


async def test_sessions_end_with_the_password_with_the_account_and_by_themselves(
    accounts: Accounts, clock: HandClock
) -> None:
    await accounts.add(WANG, BY)
    for number in range(SESSIONS_MAX + 2):
        clock.advance(1)
        await accounts.open_session("王芳", digest_of(str(number)))
    alive = [bool(await accounts.session(digest_of(str(number)))) for number in range(SESSIONS_MAX + 2)]
    assert alive == [False] * 2 + [True] * SESSIONS_MAX
    await accounts.close_session("somebody else", digest_of("5"))
    assert await accounts.session(digest_of("5"))
    await accounts.close_session("王芳", digest_of("5"))
    assert await accounts.session(digest_of("5")) is None
    assert await accounts.set_password("王芳", "other", must_change=False, by=BY, opens=digest_of("new"))
    assert await accounts.session(digest_of("9")) is None
    assert await accounts.session(digest_of("new"))
    assert await accounts.set_enabled("王芳", enabled=False, by=BY)
    assert await accounts.session(digest_of("new")) is None
    assert await accounts.set_enabled("王芳", enabled=True, by=BY)
    assert await accounts.session(digest_of("new")) is None


async def test_tokens_of_one_name_go_together(accounts: Accounts, url: str) -> None:
    old, new = Token("prog", Role.CLERK, "demo"), Token("prog", Role.MANAGER, None)
    await accounts.add_token(old, digest_of("secret-1"), BY)
    await accounts.add_token(new, digest_of("secret-2"), BY)
    assert await accounts.token(digest_of("secret-1")) == old
    assert await accounts.token(digest_of("secret-2")) == new
    assert len(await accounts.tokens()) == 2
    with bare_connection(url) as connection:
        stored = connection.exec_driver_sql("SELECT * FROM token").all()
    assert "secret-" not in str(stored), "only digests are kept"
    assert await accounts.revoke_tokens("prog", BY)
    assert await accounts.token(digest_of("secret-1")) is await accounts.token(digest_of("secret-2")) is None


async def test_a_hash_is_renewed_at_the_next_sign_in(accounts: Accounts) -> None:
    older = SignIn(accounts, Passwords(QUICK))
    password = await older.guest("王芳", Role.CLERK, BY)
    kept = await accounts.account("王芳")
    assert kept is not None
    today = SignIn(accounts)
    await today.sign_in("王芳", password, "192.0.2.7")
    renewed = await accounts.account("王芳")
    assert renewed is not None
    assert renewed.password != kept.password
    assert "m=65536" in renewed.password
    await today.sign_in("王芳", password, "192.0.2.7")
    assert await accounts.account("王芳") == renewed
    with pytest.raises(Problem, match="sign_in_failed"):
        await today.sign_in("王芳", password + "x", "192.0.2.7")


async def test_a_log_of_the_release_before_gets_the_tables_and_keeps_its_rows(url: str) -> None:
    parsed = database.parse_url(url)
    database.create_file(parsed)
    engine = database.writing_engine(parsed)
    with engine.begin() as connection:
        command.upgrade(config_on(connection), "0001")
        assert "account" not in tables(connection)
    engine.dispose()
    with bare_connection(url) as connection:
        connection.exec_driver_sql(
            "INSERT INTO event (stream, seq, type, version, at, actor, command, data, batch) VALUES "
            "('hall:demo/2026-03-02', 1, 'TicketIssued', 1, '2026-03-02T00:30:00.000000+00:00', 'a', 'c', '{}', 'b')"
        )
    async with journal_at(url) as journal:
        (kept,) = await journal.read(STREAM)
        assert kept.type == "TicketIssued"
        await journal.append(STREAM, rows(2, 2))
        assert await Accounts(journal, HandClock()).add(WANG, BY)


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())
