"""The gate's tables: policy, lists, rules, decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "gate_policy",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=20), nullable=False),
        sa.Column("approver", sa.String(length=40), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["approver"], ["person.id"], name=op.f("fk_gate_policy_approver")),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_gate_policy_by")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["investigation.id"], name=op.f("fk_gate_policy_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_policy")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_gate_policy_case_id_number")),
    )
    op.create_table(
        "gate_list",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("digests_sha256", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_gate_list_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_list")),
    )
    op.create_table(
        "gate_list_digest",
        sa.Column("list_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("algorithm", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["gate_list.id"], name=op.f("fk_gate_list_digest_list_id")
        ),
        sa.PrimaryKeyConstraint("list_id", "digest", name=op.f("pk_gate_list_digest")),
    )
    op.create_index(
        op.f("ix_gate_list_digest_digest"), "gate_list_digest", ["digest"], unique=False
    )
    op.create_table(
        "gate_rule",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("withdrawn_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_gate_rule_by")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["investigation.id"], name=op.f("fk_gate_rule_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_rule")),
    )
    op.create_table(
        "gate_decision",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("was_covered", sa.Boolean(), nullable=False),
        sa.Column("revealed", sa.Boolean(), nullable=False),
        sa.Column("exposed", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_gate_decision_by")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["investigation.id"], name=op.f("fk_gate_decision_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_decision")),
        sa.UniqueConstraint(
            "case_id", "sha256", "version", name=op.f("uq_gate_decision_case_id_sha256_version")
        ),
    )
    op.create_index(op.f("ix_gate_decision_case_id"), "gate_decision", ["case_id"], unique=False)
    op.create_index(op.f("ix_gate_decision_sha256"), "gate_decision", ["sha256"], unique=False)
    op.create_table(
        "reveal_ticket",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("capture_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("size", sa.String(length=12), nullable=False),
        sa.Column("ordered_at", sa.String(length=27), nullable=False),
        sa.Column("expires_at", sa.String(length=27), nullable=False),
        sa.Column("used_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["capture.id"], name=op.f("fk_reveal_ticket_capture_id")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["investigation.id"], name=op.f("fk_reveal_ticket_case_id")
        ),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_reveal_ticket_person")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_reveal_ticket")),
    )
    op.create_index(op.f("ix_reveal_ticket_sha256"), "reveal_ticket", ["sha256"], unique=False)
