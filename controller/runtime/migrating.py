"""Schema changes by Alembic, on a connection and in a transaction of the caller's."""

from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

log = structlog.get_logger(__name__)


def upgrade(connection: Connection, revisions: Path) -> None:
    """Bring a schema up to the newest revision; one that is newer already is left alone.

    Args:
        connection: in the transaction that the changes belong to.
        revisions: folder of Alembic's environment.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database doesn't let us.
    """
    config = Config()
    config.set_main_option("script_location", str(revisions).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(connection).get_current_heads()
    if any(not _is_known(script, revision) for revision in present):
        log.warning("log.schema_is_newer", present=present, known=script.get_heads())
        return
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _is_known(script: ScriptDirectory, revision: str) -> bool:
    try:
        script.get_revision(revision)
    except CommandError:
        return False
    return True
