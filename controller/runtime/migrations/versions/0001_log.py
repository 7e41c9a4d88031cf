"""The log: events of the halls' days, versions of their plans, and the row that readiness checks write."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

RFC3339_LENGTH = 32


def upgrade() -> None:
    # Spelled out, not taken from tables.py: a revision stays as it was when tables.py moves on.
    time = sa.DateTime(timezone=True).with_variant(sa.String(RFC3339_LENGTH), "sqlite")
    op.create_table(
        "event",
        sa.Column("stream", sa.Text, primary_key=True, comment="hall:<hall>/<business day>"),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False, comment="from 1, without gaps in a stream"),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, comment="of the event's form"),
        sa.Column("at", time, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("command", sa.Text, nullable=False, comment="id of the command that caused it"),
        sa.Column("data", sa.Text, nullable=False, comment="JSON, kept to the letter"),
        sa.Column("batch", sa.Text, nullable=False, comment="id of the append, to know a lost acknowledgement by"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "plan",
        sa.Column("hall", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False, comment="from 1"),
        sa.Column("plan", sa.Text, nullable=False, comment="JSON"),
        sa.Column("saved_by", sa.Text, nullable=False),
        sa.Column("saved_at", time, nullable=False),
        sqlite_with_rowid=False,
    )
    probe = op.create_table(
        "probe",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False, comment="always 1"),
        sa.Column("count", sa.Integer, nullable=False, comment="probes so far, round and round"),
    )
    op.bulk_insert(probe, [{"id": 1, "count": 0}])


def downgrade() -> None:
    op.drop_table("probe")
    op.drop_table("plan")
    op.drop_table("event")
