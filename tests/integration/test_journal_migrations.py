"""The schema: migrations make what the tables say, on both databases, and controllers of two versions live together."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, inspect
from sqlalchemy.schema import CreateTable
from structlog.testing import capture_logs

from controller.runtime import database
from controller.runtime.errors import LogUnavailable
from controller.runtime.journal import Journal
from controller.runtime.paper_tables import metadata
from tests.support.journals import DATABASES, bare_connection, database_url, journal_at, row, rows
from tests.support.postgresql import postgresql

STREAM = "hall:demo/2026-03-02"


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return database_url(request, tmp_path)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    parsed = database.parse_url(url)
    database.create_file(parsed)
    made = database.writing_engine(parsed)
    yield made
    made.dispose()


def config_on(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def differences(connection: Connection, wanted: MetaData) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, wanted))


def test_the_migrations_make_what_the_tables_say(engine: Engine) -> None:
    database.migrate(engine)
    with engine.connect() as connection:
        assert differences(connection, metadata) == []
        if engine.dialect.name == "sqlite":  # and what Alembic doesn't compare
            query = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?"
            for name, table in metadata.tables.items():
                made = connection.exec_driver_sql(query, (name,)).scalar_one()
                assert made.split() == str(CreateTable(table).compile(engine)).split()


@pytest.mark.parametrize(
    "change", ["ALTER TABLE plan DROP COLUMN saved_by", "ALTER TABLE event ADD COLUMN more INTEGER", "DROP TABLE probe"]
)
def test_the_comparison_sees_a_difference(engine: Engine, change: str) -> None:
    database.migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(change)
    with engine.connect() as connection:
        assert len(differences(connection, metadata)) == 1


def test_down_and_up_again(engine: Engine) -> None:
    database.migrate(engine)
    with engine.begin() as connection:
        command.downgrade(config_on(connection), "base")
    with engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    database.migrate(engine)
    with engine.connect() as connection:
        assert differences(connection, metadata) == []


def test_the_revisions_are_one_line(engine: Engine) -> None:
    with engine.begin() as connection:
        script = ScriptDirectory.from_config(config_on(connection))
        assert len(script.get_heads()) == len(script.get_bases()) == 1


async def test_a_migration_that_fails_leaves_nothing_and_succeeds_later(url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE probe (id INTEGER)")  # in the way of the last table of the revision
    journal = Journal(url)
    with pytest.raises(LogUnavailable, match="probe"):
        await journal.open()
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == ["probe"]
        connection.exec_driver_sql("DROP TABLE probe")
    async with journal_at(url) as opened:
        await opened.append(STREAM, [row(1)])


async def test_controllers_that_start_together_take_turns(url: str) -> None:
    journals = [Journal(url) for _ in range(6)]
    await asyncio.gather(*(journal.open() for journal in journals))
    await journals[0].append(STREAM, [row(1)])
    assert await journals[-1].read(STREAM) == [row(1)]
    for journal in journals:
        await journal.close()


async def test_a_schema_that_is_newer_is_used_as_it_is(url: str) -> None:
    async with journal_at(url) as journal:
        await journal.append(STREAM, rows(1, 2))
    with bare_connection(url) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        connection.exec_driver_sql("ALTER TABLE event ADD COLUMN later TEXT")
    with capture_logs() as logs:
        async with journal_at(url) as journal:
            await journal.append(STREAM, [row(3)])
            assert await journal.read(STREAM) == rows(1, 3)
    assert [entry["event"] for entry in logs] == ["log.schema_is_newer"]
    with bare_connection(url) as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == "9999"


@pytest.mark.postgresql
async def test_a_database_that_can_not_hold_chinese_is_refused(request: pytest.FixtureRequest) -> None:
    cluster = postgresql(request.config)
    name = cluster.create_database("ENCODING 'SQL_ASCII' TEMPLATE template0")
    journal = Journal(cluster.url(name))
    with pytest.raises(LogUnavailable, match="SQL_ASCII"):
        await journal.open()
