"""Alembic's entry: runs on the connection that `cases.migrations.runner` passes in."""

from __future__ import annotations

from alembic import context

from cases.crossover_tables import CrossoverPolicy
from cases.entity_tables import Entity
from cases.exhibit_tables import Exhibit
from cases.gate_tables import GateDecision
from cases.ledger_tables import LedgerEntry
from cases.models import Case
from cases.search_tables import SavedSearch
from cases.sign_in_tables import DeskSession
from cases.tables import Base
from cases.watch_tables import Watch

__all__ = [
    "Case",
    "CrossoverPolicy",
    "DeskSession",
    "Entity",
    "Exhibit",
    "GateDecision",
    "LedgerEntry",
    "SavedSearch",
    "Watch",
]  # imported so that their tables stand in the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=False,
)
with context.begin_transaction():
    context.run_migrations()
