"""Batches of paper reviews."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

RFC3339_LENGTH = 32


def upgrade() -> None:
    time = sa.DateTime(timezone=True).with_variant(sa.String(RFC3339_LENGTH), "sqlite")
    op.create_table(
        "paper_batch",
        sa.Column("hall", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False, comment="on which the sheets were filled in"),
        sa.Column("opened_at", time, nullable=False),
        sa.Column("data", sa.Text, nullable=False, comment="JSON: the batch with both entries and what counts"),
        sqlite_with_rowid=False,
    )
    op.create_index("paper_batch_day", "paper_batch", ["hall", "day"])


def downgrade() -> None:
    op.drop_table("paper_batch")
