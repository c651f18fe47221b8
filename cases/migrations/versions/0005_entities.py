"""Entities: records, versions, decisions on candidates, merges, links, special attributes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "entity",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("pole", sa.String(length=1), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_entity_by")),
        sa.ForeignKeyConstraint(["case_id"], ["investigation.id"], name=op.f("fk_entity_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity")),
        sa.UniqueConstraint(
            "case_id", "pole", "number", name=op.f("uq_entity_case_id_pole_number")
        ),
    )
    op.create_table(
        "entity_link",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("from_entity", sa.String(length=40), nullable=False),
        sa.Column("to_entity", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("direction", sa.String(length=4), nullable=False),
        sa.Column("from_date", sa.String(length=10), nullable=True),
        sa.Column("to_date", sa.String(length=10), nullable=True),
        sa.Column("basis", sa.String(length=10), nullable=False),
        sa.Column("grade", sa.String(length=3), nullable=True),
        sa.Column("conditions", sa.Text(), nullable=True),
        sa.Column("captures", sa.JSON(), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("replaces", sa.String(length=40), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_entity_link_by")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["investigation.id"], name=op.f("fk_entity_link_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_entity"], ["entity.id"], name=op.f("fk_entity_link_from_entity")
        ),
        sa.ForeignKeyConstraint(
            ["replaces"], ["entity_link.id"], name=op.f("fk_entity_link_replaces")
        ),
        sa.ForeignKeyConstraint(
            ["to_entity"], ["entity.id"], name=op.f("fk_entity_link_to_entity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity_link")),
        sa.UniqueConstraint("replaces", name=op.f("uq_entity_link_replaces")),
    )
    op.create_index(op.f("ix_entity_link_case_id"), "entity_link", ["case_id"], unique=False)
    op.create_table(
        "entity_merge",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kept", sa.String(length=40), nullable=False),
        sa.Column("merged", sa.JSON(), nullable=False),
        sa.Column("undoes", sa.String(length=40), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_entity_merge_by")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["investigation.id"], name=op.f("fk_entity_merge_case_id")
        ),
        sa.ForeignKeyConstraint(["kept"], ["entity.id"], name=op.f("fk_entity_merge_kept")),
        sa.ForeignKeyConstraint(
            ["undoes"], ["entity_merge.id"], name=op.f("fk_entity_merge_undoes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity_merge")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_entity_merge_case_id_number")),
        sa.UniqueConstraint("undoes", name=op.f("uq_entity_merge_undoes")),
    )
    op.create_table(
        "entity_version",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("entity_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("subtype", sa.String(length=40), nullable=True),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("captures", sa.JSON(), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_entity_version_by")),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entity.id"], name=op.f("fk_entity_version_entity_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity_version")),
        sa.UniqueConstraint(
            "entity_id", "version", name=op.f("uq_entity_version_entity_id_version")
        ),
    )
    op.create_table(
        "special_attribute",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("entity_id", sa.String(length=40), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("basis", sa.String(length=10), nullable=False),
        sa.Column("necessity", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_special_attribute_by")),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entity.id"], name=op.f("fk_special_attribute_entity_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_special_attribute")),
    )
    op.create_index(
        op.f("ix_special_attribute_entity_id"), "special_attribute", ["entity_id"], unique=False
    )
    op.create_table(
        "candidate_decision",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("mention", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("to_label", sa.String(length=40), nullable=True),
        sa.Column("entity_id", sa.String(length=40), nullable=True),
        sa.Column("capture_id", sa.String(length=40), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_candidate_decision_by")),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["capture.id"], name=op.f("fk_candidate_decision_capture_id")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["investigation.id"], name=op.f("fk_candidate_decision_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entity.id"], name=op.f("fk_candidate_decision_entity_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate_decision")),
        sa.UniqueConstraint(
            "case_id",
            "digest",
            "mention",
            "version",
            name=op.f("uq_candidate_decision_case_id_digest_mention_version"),
        ),
    )
