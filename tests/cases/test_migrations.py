from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    create_mock_engine,
    event,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql import ClauseElement

from cases import authorities, casebook, holdings, job_book, people
from cases.catalogue import SCHEMA, CatalogueUnusable, open_catalogue, sqlite_url
from cases.holdings import StepDone
from cases.identity import CaseId
from cases.ledger_tables import LedgerEntry
from cases.migrations.runner import known_revisions
from cases.models import Case
from cases.tables import Base

POSTGRES = postgresql.dialect()
POSTGRES_INDEX_BYTES = 2704  # of one B-tree entry: a third of a page (PostgreSQL's nbtree)
UTF8_BYTES = 4
TABLES = sorted(Base.metadata.tables)
assert {Case.__tablename__, LedgerEntry.__tablename__} <= set(TABLES)


def test_the_newest_migration_is_the_schema_that_the_program_expects() -> None:
    assert max(known_revisions()) == SCHEMA


def test_the_migrated_schema_equals_the_models(room: Any) -> None:
    with room.catalogue.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_tables_made_from_the_models_are_the_migrated_tables_word_for_word(
    room: Any, tmp_path: Path
) -> None:
    made: list[str] = []
    mock = create_mock_engine("sqlite://", lambda sql, *_, **__: made.append(_words(sql)))
    Base.metadata.create_all(mock, checkfirst=False)
    with sqlite3.connect(room.path) as connection:
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    migrated = {" ".join(sql.split()) for (sql,) in rows}
    ours = {sql for sql in migrated if "alembic_version" not in sql and "sqlite_" not in sql}
    assert sorted(map(_columns, ours)) == sorted(map(_columns, made))


def _words(sql: Any) -> str:
    from sqlalchemy.dialects import sqlite

    return " ".join(str(sql.compile(dialect=sqlite.dialect())).split())


def _columns(statement: str) -> tuple[str, ...]:
    """A statement's parts in any order: constraints may stand in another."""
    return tuple(sorted(part.strip(" ()") for part in statement.split(",")))


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE step (mine TEXT)")  # what the migration makes last
        connection.execute("INSERT INTO step VALUES ('kept')")
    connection.close()
    with pytest.raises(CatalogueUnusable, match="table step already exists"):
        open_catalogue(sqlite_url(path), create=True)
    with sqlite3.connect(path) as connection:
        names = connection.execute("SELECT name FROM sqlite_master").fetchall()
        kept = connection.execute("SELECT mine FROM step").fetchall()
    connection.close()
    assert (names, kept) == ([("step",)], [("kept",)])


def test_programs_that_make_one_catalogue_at_once_make_it_once(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    sqlite3.connect(path).close()

    def opened(_: int) -> int:
        catalogue = open_catalogue(sqlite_url(path), create=True)
        with catalogue.reading() as session:
            held = len(casebook.cases(session))
        catalogue.close()
        return held

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(opened, range(4))) == [0, 0, 0, 0]
    with sqlite3.connect(path) as connection:
        versions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    connection.close()
    assert versions == [(SCHEMA,)]


@pytest.mark.parametrize("table", TABLES)
def test_a_table_can_be_made_on_postgresql(table: str) -> None:
    made = Base.metadata.tables[table]
    said = str(CreateTable(made).compile(dialect=POSTGRES))
    assert said.strip().startswith(f"CREATE TABLE {table} (")
    assert "WITHOUT ROWID" not in said
    for index in made.indexes:
        assert str(CreateIndex(index).compile(dialect=POSTGRES)).startswith("CREATE INDEX ")


def _indexed(table: Table) -> list[tuple[str, list[Column[Any]]]]:
    constraints = [c for c in table.constraints if c.__visit_name__ != "foreign_key_constraint"]
    listed = [table.primary_key, *constraints, *table.indexes]
    return [(str(each.name), list(each.columns)) for each in listed]


def _bytes(column: Column[Any]) -> int | None:
    """The most bytes that a value may have; None where there is no bound."""
    kind = column.type
    if isinstance(kind, Text | JSON):
        return None
    if isinstance(kind, LargeBinary):
        return kind.length
    if isinstance(kind, String):
        return None if kind.length is None else kind.length * UTF8_BYTES
    assert isinstance(kind, Integer | BigInteger | Boolean | Float)
    return 8


@pytest.mark.parametrize("table", TABLES)
def test_no_index_could_outgrow_what_postgresql_can_index(table: str) -> None:
    for name, columns in _indexed(Base.metadata.tables[table]):
        sizes = [_bytes(column) for column in columns]
        bounded = [size for size in sizes if size is not None]
        assert len(bounded) == len(sizes), f"{name} indexes a text without a bound"
        assert sum(bounded) <= POSTGRES_INDEX_BYTES, name


@pytest.mark.parametrize("table", TABLES)
def test_names_of_tables_and_constraints_fit_postgresql(table: str) -> None:
    made = Base.metadata.tables[table]
    named = [made, *made.constraints, *made.indexes]
    assert [str(each.name) for each in named if len(str(each.name)) > 63] == []


def test_every_foreign_key_that_is_searched_by_is_indexed() -> None:
    first = {
        (table.name, columns[0].name)
        for table in Base.metadata.sorted_tables
        for _, columns in _indexed(table)
        if columns
    }
    searched = {("capture", "case_id"), ("capture", "job_id"), ("record", "capture_id")}
    searched |= {("step", "capture_id"), ("authority", "case_id"), ("job", "case_id")}
    assert searched - first == set()


def test_what_is_stored_fits_the_width_that_its_column_has_on_postgresql(room: Any) -> None:
    walk_every_query(room)
    too_wide = []
    with room.catalogue.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                width = getattr(column.type, "length", None)
                if width is None:
                    continue
                sql = f'SELECT max(length("{column.name}")) FROM "{table.name}"'
                longest = connection.exec_driver_sql(sql).scalar()
                if longest is not None and longest > width:
                    too_wide.append(f"{table.name}.{column.name}: {longest} of {width}")
    assert too_wide == []


def test_every_query_of_the_catalogue_compiles_for_postgresql(room: Any) -> None:
    said: list[str] = []

    def compile_too(_connection: Any, clause: Any, *_of: Any) -> None:
        if isinstance(clause, ClauseElement):
            said.append(str(clause.compile(dialect=POSTGRES)))

    event.listen(room.catalogue.engine, "before_execute", compile_too)
    walk_every_query(room)
    event.remove(room.catalogue.engine, "before_execute", compile_too)
    verbs = {sql.split()[0] for sql in said}
    assert verbs == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    # A number is drawn with the case's row locked: PostgreSQL has no BEGIN IMMEDIATE.
    assert sum("FOR UPDATE" in sql for sql in said) >= 2


def walk_every_query(room: Any) -> None:
    """Calls every function of the catalogue that asks the database something."""
    later = room.noon + timedelta(hours=1)
    first, job = room.authority(), room.job()
    renewal = room.authority(renews=first.id, level="L" * 40, now=later)
    captures = [room.capture(job) for _ in range(3)]
    ids = room.seal(*captures)
    write: list[Callable[[Session], object]] = [
        lambda s: people.add_person(s, "A" * 16, "Ada", "authorising-officer", now=room.noon),
        lambda s: casebook.open_case(
            s, casebook.NewCase("L" * 40, "T"), in_charge=room.jo.id, now=room.noon
        ),
        lambda s: casebook.add_note(
            s, CaseId(room.case.id), ids[0], "words", room.jo.id, room.noon
        ),
        lambda s: casebook.close_case(s, "L" * 40, now=later),
        lambda s: authorities.cancel(s, renewal, now=later),
        lambda s: job_book.ask_to_stop(s, job_book.job_of(s, job), now=later),
        lambda s: job_book.end_job(s, job, job_book.INTERRUPTED, "complete", now=later),
        lambda s: holdings.record_steps(
            s,
            [
                StepDone(ids[0], "extract", "1", "done", None, 0.1),
                StepDone(ids[1], "index", "1", "done", None, 0.1, 4),
            ],
            now=later,
        ),
        lambda s: holdings.forget_steps_of(s, ids[1:2]),
    ]
    read: list[Callable[[Session], object]] = [
        people.people,
        people.public_keys,
        lambda s: people.keys_of(s, room.jo.id),
        casebook.cases,
        casebook.case_references,
        lambda s: casebook.case_views_named(s, ["linden"]),
        lambda s: authorities.authorities_of(s, CaseId(room.case.id)),
        lambda s: job_book.job_of(s, "LINDEN-J1"),
        lambda s: job_book.jobs_of(s, CaseId(room.case.id), state="running"),
        lambda s: list(holdings.sealed_captures(s, job=job)),
        lambda s: holdings.sealed_capture(s, ids[0]),
        lambda s: holdings.capture_views(s, case=CaseId(room.case.id), job=job),
        lambda s: holdings.capture_view(s, ids[0]),
        lambda s: holdings.sealed_ends(s, job),
        lambda s: holdings.due(s, "index", "1", after="extract", limit=5),
        lambda s: holdings.steps_left(s, "index", "1"),
        lambda s: holdings.taken(s, "extract"),
        holdings.newest_index_seq,
        holdings.indexed,
    ]
    for ask in write:
        with room.catalogue.writing() as session:
            ask(session)
    for ask in read:
        with room.catalogue.reading() as session:
            ask(session)


def test_the_step_versions_of_this_program_fit_their_column() -> None:
    from enrich import ENRICHER_VERSION, open_model
    from jobs.steps import index_version

    version = index_version(f"{ENRICHER_VERSION} {open_model('lantern').version}")
    width = Base.metadata.tables["step"].c.version.type.length
    assert 0 < len(version) <= width // 2  # as much again for the name of a user's own model
