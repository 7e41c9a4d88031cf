"""Cases and their histories."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

RFC3339_LENGTH = 32
CASE_DIGEST_LENGTH = 64


def upgrade() -> None:
    time = sa.DateTime(timezone=True).with_variant(sa.String(RFC3339_LENGTH), "sqlite")
    op.create_table(
        "case_row",
        sa.Column("hall", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True, comment="<day opened>-<number of that day>"),
        sa.Column("version", sa.Integer, nullable=False, comment="seq of its last event"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("ticket", sa.Text),
        sa.Column("opened_at", time, nullable=False),
        sa.Column("promised", sa.Date, comment="last day promised, while it is accepted and not completed"),
        sa.Column("due", sa.Date, comment="next day by which something of it must be done"),
        sqlite_with_rowid=False,
    )
    op.create_index("case_row_due", "case_row", ["hall", "due"])
    op.create_index("case_row_state", "case_row", ["hall", "state"])
    op.create_index("case_row_ticket", "case_row", ["hall", "ticket"])
    op.create_table(
        "case_event",
        sa.Column("hall", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False, comment="from 1, without gaps in a case"),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, comment="of the event's form"),
        sa.Column("at", time, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("command", sa.Text, nullable=False, comment="id of the command that caused it"),
        sa.Column(
            "asked",
            sa.String(CASE_DIGEST_LENGTH),
            nullable=False,
            comment="SHA-256 of what was asked under that id",
        ),
        sa.Column("data", sa.Text, nullable=False, comment="JSON"),
        sa.ForeignKeyConstraint(["hall", "id"], ["case_row.hall", "case_row.id"], name="case_event_row"),
        sa.UniqueConstraint("hall", "command", name="case_event_command"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("case_event")
    op.drop_table("case_row")
