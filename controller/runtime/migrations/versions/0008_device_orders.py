"""What devices were told to do, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

RFC3339_LENGTH = 32


def upgrade() -> None:
    time = sa.DateTime(timezone=True).with_variant(sa.String(RFC3339_LENGTH), "sqlite")
    op.create_table(
        "device_order",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("hall", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("amount", sa.Integer, comment="seconds or percent, as the type has it"),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", time, nullable=False),
        sa.Column("expires_at", time, nullable=False),
        sa.Column("sent_at", time, comment="when a controller took it to send it; null: none has yet"),
        sa.Column("result", sa.Text, comment="what the device said of it; null: nothing yet"),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("done_at", time),
        sqlite_with_rowid=False,
    )
    op.create_index("device_order_device", "device_order", ["hall", "device", "asked_at"])
    op.create_index("device_order_sent", "device_order", ["sent_at", "expires_at"])


def downgrade() -> None:
    op.drop_table("device_order")
