"""Alembic's entry: runs the revisions on the connection that it is given, in that connection's transaction.

Logging belongs to the program, so nothing here configures it.
"""

from alembic import context
from sqlalchemy import Connection

from controller.runtime.paper_tables import metadata

connection: Connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
context.run_migrations()
