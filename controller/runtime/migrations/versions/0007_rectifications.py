"""Rectifications of bad reviews, their histories, and what citizens left to be called by."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

RFC3339_LENGTH = 32
DIGEST_LENGTH = 64


def upgrade() -> None:
    time = sa.DateTime(timezone=True).with_variant(sa.String(RFC3339_LENGTH), "sqlite")
    op.create_table(
        "rectification_row",
        sa.Column("hall", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True, comment="that of the review"),
        sa.Column("version", sa.Integer, nullable=False, comment="seq of its last event"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("given_on", sa.Date, nullable=False, comment="business day of the review"),
        sa.Column("due", sa.Date, comment="next day by which something must be done; null: it has ended"),
        sa.Column("promised", sa.Date, nullable=False, comment="last day on which it may end"),
        sa.Column("ended_on", sa.Date),
        sa.Column("clerk", sa.Text, comment="whom it is about"),
        sa.Column("assignee", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("rectification_row_due", "rectification_row", ["hall", "due"])
    op.create_index("rectification_row_given", "rectification_row", ["hall", "given_on"])
    op.create_table(
        "rectification_event",
        sa.Column("hall", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column(
            "seq", sa.Integer, primary_key=True, autoincrement=False, comment="from 1, without gaps in a rectification"
        ),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, comment="of the event's form"),
        sa.Column("at", time, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("command", sa.Text, nullable=False, comment="id of the command that caused it"),
        sa.Column("asked", sa.String(DIGEST_LENGTH), nullable=False, comment="SHA-256 of what was asked under that id"),
        sa.Column("data", sa.Text, nullable=False, comment="JSON"),
        sa.ForeignKeyConstraint(
            ["hall", "id"], ["rectification_row.hall", "rectification_row.id"], name="rectification_event_row"
        ),
        sa.UniqueConstraint("hall", "command", name="rectification_event_command"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "review_contact",
        sa.Column("hall", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True, comment="of the rectification"),
        sa.Column("sealed", sa.LargeBinary, nullable=False, comment="encrypted; the key is not in the database"),
        sa.Column("erase_on", sa.Date, nullable=False, comment="the first day on which it may be kept no longer"),
        sa.ForeignKeyConstraint(
            ["hall", "id"], ["rectification_row.hall", "rectification_row.id"], name="review_contact_row"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("review_contact_erase", "review_contact", ["erase_on"])


def downgrade() -> None:
    op.drop_table("review_contact")
    op.drop_table("rectification_event")
    op.drop_table("rectification_row")
