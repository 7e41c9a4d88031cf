"""What devices said of their condition: the newest of each reading."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

RFC3339_LENGTH = 32


def upgrade() -> None:
    time = sa.DateTime(timezone=True).with_variant(sa.String(RFC3339_LENGTH), "sqlite")
    op.create_table(
        "device_reading",
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True, comment="as in controller.vitals; heard: its last sign of life"),
        sa.Column("hall", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False, comment="JSON"),
        sa.Column("at", time, nullable=False, comment="when a controller heard it"),
        sqlite_with_rowid=False,
    )
    op.create_index("device_reading_at", "device_reading", ["at"])


def downgrade() -> None:
    op.drop_table("device_reading")
