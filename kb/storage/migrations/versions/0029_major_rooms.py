"""Major incidents that are accepted have a room: roles, tasks, messages, children, timeline, review."""

import sqlalchemy as sa
from alembic import op

from kb.storage.append_only import make_append_only

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        "major_rooms",
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime()),
        sa.Column("proposed_at", sa.DateTime(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("opened_by", sa.Text()),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("resources", sa.Text(), nullable=False),
        sa.Column("investigation", sa.Text(), nullable=False),
        sa.Column("workaround", sa.Text(), nullable=False),
        sa.Column("article", sa.String(length=200)),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("restored_at", sa.DateTime()),
        sa.Column("resolved_at", sa.DateTime()),
        sa.Column("reviewed_at", sa.DateTime()),
        sa.Column("closed_at", sa.DateTime()),
        sa.Column("next_update_at", sa.DateTime()),
        sa.Column("reminded_of", sa.DateTime()),
        sa.Column("review", sa.JSON(), nullable=False),
        sa.Column("handed_over_at", sa.DateTime()),
        sa.Column("handed_over_by", sa.Text()),
        sa.Column("handed_over_to", sa.Text()),
        sa.PrimaryKeyConstraint("lead", name="pk_major_rooms"),
    )
    op.create_index("ix_major_rooms_state", "major_rooms", ["state"])
    op.create_table(
        "major_roles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime()),
        sa.Column("by", sa.Text()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_major_roles"),
    )
    op.create_index("ix_major_roles_lead", "major_roles", ["lead"])
    op.create_table(
        "major_tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("role", sa.Text()),
        sa.Column("owner", sa.Text()),
        sa.Column("due_at", sa.DateTime()),
        sa.Column("done_at", sa.DateTime()),
        sa.Column("done_by", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_major_tasks"),
    )
    op.create_index("ix_major_tasks_lead", "major_tasks", ["lead"])
    op.create_table(
        "major_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("next_update_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_major_messages"),
    )
    op.create_index("ix_major_messages_lead", "major_messages", ["lead"])
    op.create_table(
        "major_children",
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("joined_at", sa.DateTime(), nullable=False),
        sa.Column("joined_by", sa.Text()),
        sa.Column("left_at", sa.DateTime()),
        sa.Column("left_by", sa.Text()),
        sa.PrimaryKeyConstraint("lead", "number", name="pk_major_children"),
    )
    op.create_index("ix_major_children_number", "major_children", ["number"])
    op.create_table(
        "major_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_major_events"),
    )
    op.create_index("ix_major_events_lead", "major_events", ["lead"])
    op.create_table(
        "major_marks",
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("entry", sa.String(length=24), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("lead", "entry", name="pk_major_marks"),
    )
    op.create_table(
        "major_actions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("due_at", sa.DateTime()),
        sa.Column("done_at", sa.DateTime()),
        sa.Column("done_by", sa.Text()),
        sa.Column("check_days", sa.Integer(), nullable=False),
        sa.Column("before", sa.Integer()),
        sa.Column("after", sa.Integer()),
        sa.Column("checked_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_major_actions"),
    )
    op.create_index("ix_major_actions_lead", "major_actions", ["lead"])
    make_append_only(op.get_bind(), "major_events")
