"""Accounts of people, their sessions, tokens of programs, and who changed what."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RFC3339_LENGTH = 32
DIGEST_LENGTH = 64


def upgrade() -> None:
    time = sa.DateTime(timezone=True).with_variant(sa.String(RFC3339_LENGTH), "sqlite")
    op.create_table(
        "account",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("hall", sa.Text, comment="acts there only; null: everywhere"),
        sa.Column("password", sa.Text, nullable=False, comment="argon2 hash with its parameters"),
        sa.Column("must_change", sa.Boolean, nullable=False, comment="the password is a one-time one"),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("password_at", time, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "session",
        sa.Column("digest", sa.String(DIGEST_LENGTH), primary_key=True, comment="SHA-256 of the cookie's secret"),
        sa.Column("account", sa.Text, sa.ForeignKey("account.name"), nullable=False),
        sa.Column("opened_at", time, nullable=False),
        sa.Column("seen_at", time, nullable=False, comment="to the minute"),
        sqlite_with_rowid=False,
    )
    op.create_index("session_account", "session", ["account"])
    op.create_table(
        "token",
        sa.Column("digest", sa.String(DIGEST_LENGTH), primary_key=True, comment="SHA-256 of the token"),
        sa.Column(
            "name", sa.Text, nullable=False, comment="of the program; two of one name while one replaces the other"
        ),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("hall", sa.Text, comment="acts there only; null: everywhere"),
        sa.Column("created_at", time, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Text, primary_key=True, comment="of the change, to know a lost acknowledgement by"),
        sa.Column("at", time, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False, comment="what was changed, e.g. account:wang"),
        sa.Column("detail", sa.Text, nullable=False, comment="JSON"),
        sqlite_with_rowid=False,
    )
    op.create_index("audit_at", "audit", ["at"])


def downgrade() -> None:
    op.drop_table("audit")
    op.drop_table("token")
    op.drop_table("session")
    op.drop_table("account")
