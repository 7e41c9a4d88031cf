"""Print jobs that are no ticket's: where each is, and what it prints."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

RFC3339_LENGTH = 32


def upgrade() -> None:
    time = sa.DateTime(timezone=True).with_variant(sa.String(RFC3339_LENGTH), "sqlite")
    op.create_table(
        "print_job",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("hall", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False, comment="where it is printed"),
        sa.Column("paper", sa.Text, nullable=False, comment="as in controller.papers"),
        sa.Column("subject", sa.Text, nullable=False, comment="a case's number or a day"),
        sa.Column("escpos", sa.LargeBinary, nullable=False, comment="what the printer gets"),
        sa.Column("paper_mm", sa.Integer, nullable=False, comment="width of the paper that it is set for"),
        sa.Column("state", sa.Text, nullable=False, comment="requested, printed or failed: what the device said last"),
        sa.Column("reason", sa.Text),
        sa.Column("requested_at", time, nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("expires_at", time, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("print_job_hall", "print_job", ["hall", "requested_at"])


def downgrade() -> None:
    op.drop_table("print_job")
