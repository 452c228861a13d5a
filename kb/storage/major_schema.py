"""Tables of major incidents that were accepted."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, Integer, String, Table, Text

from kb.storage.schema import Instant, metadata

major_rooms = Table(
    "major_rooms",
    metadata,
    Column("lead", String(200), primary_key=True),
    Column("state", String(20), nullable=False, index=True),
    Column("subject", Text, nullable=False),
    Column("since", Instant),
    Column("proposed_at", Instant, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", Text),
    Column("criteria", JSON, nullable=False),
    Column("resources", Text, nullable=False),
    Column("investigation", Text, nullable=False),
    Column("workaround", Text, nullable=False),
    Column("article", String(200)),
    Column("resolution", Text, nullable=False),
    Column("restored_at", Instant),
    Column("resolved_at", Instant),
    Column("reviewed_at", Instant),
    Column("closed_at", Instant),
    Column("next_update_at", Instant),
    Column("reminded_of", Instant),
    Column("review", JSON, nullable=False),
    Column("handed_over_at", Instant),
    Column("handed_over_by", Text),
    Column("handed_over_to", Text),
)

major_roles = Table(
    "major_roles",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("lead", String(200), nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant),
    Column("by", Text),
    Column("note", Text, nullable=False),
)

major_tasks = Table(
    "major_tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("lead", String(200), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("role", Text),
    Column("owner", Text),
    Column("due_at", Instant),
    Column("done_at", Instant),
    Column("done_by", Text),
)

major_messages = Table(
    "major_messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("lead", String(200), nullable=False, index=True),
    Column("audience", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("by", Text),
    Column("next_update_at", Instant),
)

major_children = Table(
    "major_children",
    metadata,
    Column("lead", String(200), primary_key=True),
    Column("number", String(200), primary_key=True),
    Column("how", String(20), nullable=False),
    Column("joined_at", Instant, nullable=False),
    Column("joined_by", Text),
    Column("left_at", Instant),
    Column("left_by", Text),
    Index("ix_major_children_number", "number"),
)

major_events = Table(
    "major_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("lead", String(200), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("by", Text),
)

major_marks = Table(
    "major_marks",
    metadata,
    Column("lead", String(200), primary_key=True),
    Column("entry", String(24), primary_key=True),
    Column("pinned", Boolean, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("by", Text),
    Column("at", Instant, nullable=False),
)

major_actions = Table(
    "major_actions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("lead", String(200), nullable=False, index=True),
    Column("what", Text, nullable=False),
    Column("owner", Text),
    Column("due_at", Instant),
    Column("done_at", Instant),
    Column("done_by", Text),
    Column("check_days", Integer, nullable=False),
    Column("before", Integer),
    Column("after", Integer),
    Column("checked_at", Instant),
)
