"""Aids that a hall lends, and their loans."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

RFC3339_LENGTH = 32


def upgrade() -> None:
    time = sa.DateTime(timezone=True).with_variant(sa.String(RFC3339_LENGTH), "sqlite")
    op.create_table(
        "aid",
        sa.Column("hall", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False, comment="how many the hall has"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "aid_loan",
        sa.Column("hall", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("aid", sa.Text, nullable=False),
        sa.Column("borrower", sa.Text, nullable=False, comment="a ticket's number, never a name"),
        sa.Column("request", sa.Text, nullable=False, comment="id of the command that lent it"),
        sa.Column("lent_at", time, nullable=False),
        sa.Column("lent_by", sa.Text, nullable=False),
        sa.Column("returned_at", time),
        sa.Column("returned_by", sa.Text),
        sa.UniqueConstraint("hall", "request", name="aid_loan_request"),
        sqlite_with_rowid=False,
    )
    op.create_index("aid_loan_out", "aid_loan", ["hall", "returned_at"])


def downgrade() -> None:
    op.drop_table("aid_loan")
    op.drop_table("aid")
