"""Notifications: what people are told, and since when each rule counts."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("template", sa.String(length=100), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("calendar", sa.Text()),
        sa.Column("digest", sa.String(length=64)),
        sa.Column("message", sa.String(length=60)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.Column("escalate_at", sa.DateTime()),
        sa.Column("last_error", sa.Text()),
        sa.Column("sent_at", sa.DateTime()),
        sa.Column("claim", sa.String(length=40)),
        sa.Column("holder", sa.String(length=64)),
        sa.Column("lease_until", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
    )
    op.create_index("ix_notifications_key", "notifications", ["key"], unique=True)
    op.create_index("ix_notifications_number", "notifications", ["number"])
    op.create_index("ix_notifications_message", "notifications", ["message"])
    op.create_index("ix_notifications_escalate_at", "notifications", ["escalate_at"])
    op.create_index("ix_notifications_state", "notifications", ["state", "next_at"])
    op.create_table(
        "notification_rules",
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("rule", name="pk_notification_rules"),
    )
