"""Crossovers: whether two cases may be told what they share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "crossover_policy",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("one", sa.String(length=40), nullable=False),
        sa.Column("other", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_crossover_policy_by")),
        sa.ForeignKeyConstraint(
            ["one"], ["investigation.id"], name=op.f("fk_crossover_policy_one")
        ),
        sa.ForeignKeyConstraint(
            ["other"], ["investigation.id"], name=op.f("fk_crossover_policy_other")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crossover_policy")),
        sa.UniqueConstraint(
            "one", "other", "number", name=op.f("uq_crossover_policy_one_other_number")
        ),
    )
    op.create_index(op.f("ix_crossover_policy_other"), "crossover_policy", ["other"], unique=False)
