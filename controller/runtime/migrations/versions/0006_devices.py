"""Devices that may speak."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

RFC3339_LENGTH = 32


def upgrade() -> None:
    time = sa.DateTime(timezone=True).with_variant(sa.String(RFC3339_LENGTH), "sqlite")
    op.create_table(
        "device",
        sa.Column(
            "id", sa.Text, primary_key=True, comment="unique in the whole deployment; the name of its account as well"
        ),
        sa.Column("hall", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("window", sa.Text, comment="where it stands; null: at none"),
        sa.Column("zone", sa.Text, comment="where it stands; null: in none"),
        sa.Column("secret", sa.Text, nullable=False, comment="hash of its password, in Mosquitto's form"),
        sa.Column("added_at", time, nullable=False),
        sa.Column("secret_at", time, nullable=False),
        sa.Column("revoked_at", time, comment="null: it may speak"),
        sa.Column(
            "version", sa.Integer, nullable=False, comment="of the row; their sum tells that anything has changed"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("device_hall", "device", ["hall"])


def downgrade() -> None:
    op.drop_table("device")
