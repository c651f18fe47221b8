"""Who may see what, what was indexed when, saved searches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; what stands in the index was indexed at least the once."""
    op.create_table(
        "case_access",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=True),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_case_access_by")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["investigation.id"], name=op.f("fk_case_access_case_id")
        ),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_case_access_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_access")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_case_access_case_id_number")),
    )
    op.create_table(
        "capture_mark",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("capture_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_capture_mark_by")),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["capture.id"], name=op.f("fk_capture_mark_capture_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capture_mark")),
        sa.UniqueConstraint("capture_id", "number", name=op.f("uq_capture_mark_capture_id_number")),
    )
    op.create_table(
        "indexing",
        sa.Column("capture_id", sa.String(length=40), nullable=False),
        sa.Column("index_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["capture.id"], name=op.f("fk_indexing_capture_id")
        ),
        sa.PrimaryKeyConstraint("capture_id", "index_seq", name=op.f("pk_indexing")),
    )
    op.create_index(op.f("ix_indexing_index_seq"), "indexing", ["index_seq"], unique=False)
    op.create_table(
        "saved_search",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("sort", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("ended_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_saved_search_by")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["investigation.id"], name=op.f("fk_saved_search_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
    )
    op.create_index(op.f("ix_saved_search_case_id"), "saved_search", ["case_id"], unique=False)
    op.execute(
        "INSERT INTO indexing (capture_id, index_seq) "
        "SELECT capture_id, index_seq FROM step WHERE index_seq IS NOT NULL"
    )
