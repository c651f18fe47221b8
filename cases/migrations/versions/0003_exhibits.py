"""Exhibits: references, the frozen record, gaps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "exhibit",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("capture_id", sa.String(length=40), nullable=False),
        sa.Column("producer", sa.String(length=40), nullable=False),
        sa.Column("initials", sa.String(length=4), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("sub", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=24), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["capture_id"], ["capture.id"], name=op.f("fk_exhibit_capture_id")),
        sa.ForeignKeyConstraint(["case_id"], ["investigation.id"], name=op.f("fk_exhibit_case_id")),
        sa.ForeignKeyConstraint(["producer"], ["person.id"], name=op.f("fk_exhibit_producer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exhibit")),
        sa.UniqueConstraint(
            "case_id",
            "initials",
            "number",
            "sub",
            name=op.f("uq_exhibit_case_id_initials_number_sub"),
        ),
    )
    op.create_index(op.f("ix_exhibit_capture_id"), "exhibit", ["capture_id"], unique=False)
    op.create_table(
        "exhibit_gap",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("initials", sa.String(length=4), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_exhibit_gap_by")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["investigation.id"], name=op.f("fk_exhibit_gap_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exhibit_gap")),
        sa.UniqueConstraint(
            "case_id", "initials", "number", name=op.f("uq_exhibit_gap_case_id_initials_number")
        ),
    )
