"""Watches, their lists, alerts, notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _text(name: str, length: int, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=optional)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "watch",
        _text("id", 40),
        _text("name", 80),
        _text("case_id", 40, optional=True),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        _text("items_sha256", 64),
        _text("by", 40),
        _text("at", 27),
        sa.Column("from_seq", sa.BigInteger(), nullable=False),
        sa.Column("seen_seq", sa.BigInteger(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        _text("stopped_at", 27, optional=True),
        _of("watch", "by", "person"),
        _of("watch", "case_id", "investigation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch")),
    )
    op.create_index(op.f("ix_watch_case_id"), "watch", ["case_id"], unique=False)
    op.create_table(
        "watch_item",
        _text("watch_id", 40),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("field", 20),
        sa.Column("value", sa.Text(), nullable=False),
        _of("watch_item", "watch_id", "watch"),
        sa.PrimaryKeyConstraint("watch_id", "number", name=op.f("pk_watch_item")),
    )
    _make_alerts()


def _make_alerts() -> None:
    op.create_table(
        "alert",
        _text("id", 40),
        _text("watch_id", 40),
        _text("capture_id", 40),
        sa.Column("index_seq", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        _text("at", 27),
        _text("acknowledged_at", 27, optional=True),
        _text("acknowledged_by", 40, optional=True),
        _of("alert", "acknowledged_by", "person"),
        _of("alert", "capture_id", "capture"),
        _of("alert", "watch_id", "watch"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("watch_id", "capture_id", name=op.f("uq_alert_watch_id_capture_id")),
    )
    op.create_index(op.f("ix_alert_at"), "alert", ["at"], unique=False)
    op.create_index(op.f("ix_alert_capture_id"), "alert", ["capture_id"], unique=False)
    op.create_table(
        "watch_notice",
        _text("id", 40),
        sa.Column("body", sa.Text(), nullable=False),
        _text("at", 27),
        sa.Column("tries", sa.Integer(), nullable=False),
        _text("next_at", 27),
        sa.Column("fault", sa.Text(), nullable=False),
        _text("sent_at", 27, optional=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_notice")),
    )
    op.create_index(op.f("ix_watch_notice_next_at"), "watch_notice", ["next_at"], unique=False)
