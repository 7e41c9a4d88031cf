"""Appointments, and the places that they take."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RFC3339_LENGTH = 32


def upgrade() -> None:
    time = sa.DateTime(timezone=True).with_variant(sa.String(RFC3339_LENGTH), "sqlite")
    op.create_table(
        "appointment",
        sa.Column("hall", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True, comment="random digits; who knows them may check in"),
        sa.Column("services", sa.Text, nullable=False, comment="JSON list of codes"),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("half", sa.Text, nullable=False, comment="morning or afternoon"),
        sa.Column("starts_at", time, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False, comment="an opaque word, never a name"),
        sa.Column("ticket", sa.Text),
        sa.Column("refused", sa.Integer, nullable=False, comment="check-ins that the floor refused"),
        sa.Column("request", sa.Text, nullable=False, comment="id of the command that booked it"),
        sa.Column("booked_at", time, nullable=False),
        sa.Column("booked_by", sa.Text, nullable=False),
        sa.Column("changed_at", time, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.UniqueConstraint("hall", "request", name="appointment_request"),
        sqlite_with_rowid=False,
    )
    op.create_index("appointment_day", "appointment", ["hall", "day"])
    op.create_table(
        "appointment_place",
        sa.Column("hall", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("half", sa.Text, primary_key=True),
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column(
            "place",
            sa.Integer,
            primary_key=True,
            autoincrement=False,
            comment="from 1 up to the service's quota",
        ),
        sa.Column("code", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("appointment_place")
    op.drop_table("appointment")
