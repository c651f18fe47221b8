from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text

from cases import catalogue as module
from cases.casebook import NewCase, cases, open_case
from cases.catalogue import (
    SCHEMA,
    Catalogue,
    CatalogueDamaged,
    CatalogueUnusable,
    TextUnstorable,
    open_catalogue,
    spoken,
    sqlite_url,
)
from cases.errors import LanternError
from cases.models import Person
from cases.people import add_person, people
from cases.settings import NewerVault, SettingsError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def read_all(catalogue: Catalogue) -> None:
    """Reads every page that a vault's everyday use would."""
    with catalogue.reading() as session:
        people(session)
        cases(session)
        session.connection().exec_driver_sql("PRAGMA quick_check").all()


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("pragma", "says"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
)
@pytest.mark.promise("P-3")
def test_the_database_itself_says_that_it_is_durable(room: Any, pragma: str, says: object) -> None:
    for engine in (room.catalogue.engine, room.catalogue.writer):
        with engine.connect() as connection:
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == says


def test_every_connection_of_the_pool_is_prepared(room: Any) -> None:
    engine = room.catalogue.engine
    with engine.connect() as one, engine.connect() as two, engine.connect() as three:
        for connection in (one, two, three):
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@pytest.mark.promise("P-3")
def test_a_transaction_that_raises_leaves_nothing(room: Any) -> None:
    def half_done() -> None:
        with room.catalogue.writing() as session:
            add_person(session, "AB", "Ada Bell", "analyst", now=room.noon)
            open_case(session, NewCase("ELM", "T"), in_charge=room.jo.id, now=room.noon)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_done()
    with room.catalogue.reading() as session:
        assert [person.code for person in people(session)] == ["JS"]
        assert [case.reference for case in cases(session)] == ["LINDEN"]


def test_what_is_changed_while_reading_is_not_kept(room: Any) -> None:
    with room.catalogue.reading() as session:
        add_person(session, "AB", "Ada Bell", "analyst", now=room.noon)
    with room.catalogue.reading() as session:
        assert [person.code for person in people(session)] == ["JS"]


def test_a_reader_keeps_one_view_while_another_writes(room: Any) -> None:
    with room.catalogue.reading() as session:
        assert len(people(session)) == 1
        with room.catalogue.writing() as other:
            add_person(other, "AB", "Ada Bell", "analyst", now=room.noon)
        session.expunge_all()
        assert len(people(session)) == 1
    with room.catalogue.reading() as session:
        assert len(people(session)) == 2


def test_a_writer_holds_the_lock_from_its_first_instant(
    room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = sqlite3.connect(room.path, timeout=0, isolation_level=None)
    with room.catalogue.writing() as session:
        session.execute(text("SELECT 1"))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            impatient.execute("BEGIN IMMEDIATE")
    impatient.execute("BEGIN IMMEDIATE")
    impatient.close()


def test_a_writer_waits_for_the_one_before_it(room: Any) -> None:
    holder = sqlite3.connect(room.path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, lambda: holder.execute("COMMIT"))
    release.start()
    with room.catalogue.writing() as session:
        add_person(session, "AB", "Ada Bell", "analyst", now=room.noon)
    release.join()
    holder.close()
    with room.catalogue.reading() as session:
        assert len(people(session)) == 2


def test_a_catalogue_held_by_another_program_is_one_clear_line(
    room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_TIMEOUT_S", 0)
    second = open_catalogue(sqlite_url(room.path))
    holder = sqlite3.connect(room.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(CatalogueUnusable) as refusal, second.writing() as session:
        add_person(session, "AB", "Ada Bell", "analyst", now=room.noon)
    holder.close()
    second.close()
    assert refusal.value.says == (
        f"The catalogue at {room.path} cannot be used: database is locked. Check free space, "
        "permissions and whether another program holds it; nothing was half-written."
    )
    assert refusal.value.exit_code == 1


def test_a_missing_catalogue_is_said_and_none_is_made_by_looking(tmp_path: Path) -> None:
    missing = tmp_path / "catalogue.db"
    with pytest.raises(
        CatalogueDamaged, match=r"There is no catalogue at .*Restore it from a back"
    ):
        open_catalogue(sqlite_url(missing))
    assert list(tmp_path.iterdir()) == []


def test_a_catalogue_in_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CatalogueUnusable, match="unable to open database file"):
        open_catalogue(sqlite_url(tmp_path / "none" / "catalogue.db"), create=True)


def spoilt(path: Path, how: str) -> None:
    """Spoils the file as accidents do."""
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(
        {
            "empty": b"",
            "zeros": bytes(len(whole)),
            "text": b"this is no database, but a letter to one\n" * 200,
            "cut in half": whole[:middle],
            "cut in a page": whole[: middle + 1234],
            "cut to a header": whole[:100],
            "zeros in the middle": whole[:4096] + bytes(len(whole) - 4096),
            "noise in the middle": whole[:4096] + b"\xa5\x5a" * ((len(whole) - 4096) // 2),
        }[how]
    )


@pytest.mark.parametrize(
    "how",
    [
        "empty",
        "zeros",
        "text",
        "cut in half",
        "cut in a page",
        "cut to a header",
        "zeros in the middle",
        "noise in the middle",
    ],
)
def test_a_spoilt_catalogue_is_one_clear_line(room: Any, how: str) -> None:
    room.catalogue.close()
    spoilt(room.path, how)
    with pytest.raises(CatalogueDamaged, match="Restore it from a backup") as refusal:
        read_all(open_catalogue(sqlite_url(room.path)))
    assert str(room.path) in refusal.value.says
    assert "\n" not in refusal.value.says


def test_a_folder_in_the_place_of_the_catalogue_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "catalogue.db").mkdir()
    with pytest.raises(CatalogueUnusable, match="unable to open database file"):
        open_catalogue(sqlite_url(tmp_path / "catalogue.db"))


@contextmanager
def unprivileged() -> Iterator[None]:
    """Acts as nobody in particular where the tests run as root, whom no permission stops."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def written_to(path: Path) -> None:
    opened = open_catalogue(sqlite_url(path))
    with opened.writing() as session:
        add_person(session, "AB", "Ada Bell", "analyst", now=NOON)


@pytest.mark.parametrize("locked", ["file", "folder"])
def test_a_read_only_catalogue_is_one_clear_line(room: Any, locked: str) -> None:
    room.catalogue.close()
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are for their owner alone
        folder = Path(name)
        folder.chmod(0o777)
        path = Path(shutil.copy(room.path, folder))
        path.chmod(0o444 if locked == "file" else 0o666)
        folder.chmod(0o555 if locked == "folder" else 0o777)
        before = digest(path)
        with unprivileged(), pytest.raises(CatalogueUnusable, match="permissions") as refusal:
            written_to(path)
        folder.chmod(0o755)
        assert str(path) in refusal.value.says
        assert digest(path) == before


def test_a_newer_catalogue_is_refused_and_not_touched(room: Any) -> None:
    with room.catalogue.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    room.catalogue.close()
    before = digest(room.path)
    with pytest.raises(NewerVault) as refusal:
        open_catalogue(sqlite_url(room.path))
    assert refusal.value.says == (
        f"The catalogue at {room.path} has schema 9999; this program knows up to {SCHEMA}. Open "
        "it with the newer version that made it; nothing was changed."
    )
    assert digest(room.path) == before


def test_another_program_s_database_is_no_catalogue_and_is_not_touched(tmp_path: Path) -> None:
    other = tmp_path / "catalogue.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE sheep (name TEXT)")
    connection.close()
    with pytest.raises(CatalogueDamaged, match="There is no catalogue at"):
        open_catalogue(sqlite_url(other))
    with sqlite3.connect(other) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert tables == [("sheep",)]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("catalogue.db", SettingsError),
        ("", SettingsError),
        ("oracle9://host/name", SettingsError),
        ("postgresql+psycopg_of_nobody://host/name", SettingsError),
    ],
)
def test_an_address_that_is_no_database_s_is_one_clear_line(
    url: str, error: type[LanternError]
) -> None:
    with pytest.raises(error, match=r"lantern\.toml"):
        open_catalogue(url)


def test_a_password_is_never_said() -> None:
    said = spoken(make_url("postgresql+psycopg://jo:secret@db.example.test/vault"))
    assert said == "postgresql+psycopg://jo:***@db.example.test/vault"


ODD_NAMES = ["a?b", "a#b", "a%41b", "a b", "a'b", 'a"b', "bücher", "a;b", "a&b=c", ":memory:"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_catalogue_lies_where_it_was_put_whatever_the_folder_s_name(
    tmp_path: Path, name: str, first_day: Any
) -> None:
    path = tmp_path / name / "catalogue.db"
    path.parent.mkdir()
    shutil.copy(first_day[0], path)
    opened = open_catalogue(sqlite_url(path))
    with opened.writing() as session:
        session.add(Person(id="p-1", code="AB", name="Ada", role="analyst", added_at=""))
    assert opened.where == str(path)
    opened.close()
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM person").fetchone() == (2,)
    connection.close()


def test_a_text_with_half_a_character_is_one_clear_line_and_leaves_nothing(room: Any) -> None:
    def half_written() -> None:
        with room.catalogue.writing() as session:
            open_case(session, NewCase("OAK", "T"), in_charge=room.jo.id, now=room.noon)
            add_person(session, "AB", os.fsdecode(b"Ada \xff"), "analyst", now=room.noon)

    with pytest.raises(TextUnstorable, match=r"'\\udcff' in it is not a character"):
        half_written()
    with room.catalogue.reading() as session:
        assert [case.reference for case in cases(session)] == ["LINDEN"]


KILLED = """
import os, signal, sys
from datetime import datetime, UTC
from pathlib import Path
from cases.catalogue import open_catalogue, sqlite_url
from cases.people import add_person
catalogue = open_catalogue(sqlite_url(Path(sys.argv[1])))
now = datetime(2026, 3, 1, 12, tzinfo=UTC)
with catalogue.writing() as session:
    add_person(session, "AB", "Ada Bell", "analyst", now=now)
with catalogue.writing() as session:
    add_person(session, "CD", "Cy Dale", "analyst", now=now)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.promise("P-3")
def test_a_process_killed_in_mid_transaction_leaves_what_was_committed(room: Any) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(room.path)], check=False)
    assert ended.returncode == -9
    with room.catalogue.reading() as session:
        assert [person.code for person in people(session)] == ["AB", "JS"]
    with room.catalogue.writing() as session:
        add_person(session, "CD", "Cy Dale", "analyst", now=room.noon)


FULL = """
import resource, signal, sys
from datetime import datetime, UTC
from pathlib import Path
from cases.catalogue import CatalogueUnusable, open_catalogue, sqlite_url
from cases.casebook import NewCase, open_case
from cases.identity import PersonId
catalogue = open_catalogue(sqlite_url(Path(sys.argv[1])))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
now = datetime(2026, 3, 1, 12, tzinfo=UTC)
try:
    with catalogue.writing() as session:
        for number in range(20_000):
            new = NewCase(f"CASE-{number}", "T" * 200)
            open_case(session, new, in_charge=PersonId(sys.argv[2]), now=now)
except CatalogueUnusable as fault:
    print(fault.says)
"""


@pytest.mark.promise("P-3")
def test_a_full_disk_is_one_clear_line_and_leaves_nothing_half_written(room: Any) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(room.path), room.jo.id],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "cannot be used: " in ended.stdout
    assert "Check free space" in ended.stdout
    with room.catalogue.reading() as session:
        assert [case.reference for case in cases(session)] == ["LINDEN"]


def test_the_catalogues_version_differs_once_somebody_else_has_committed(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "catalogue.db")
    watcher, other = open_catalogue(url, create=True), open_catalogue(url)
    before = watcher.version()
    assert watcher.version() == before
    with other.writing() as session:
        add_person(session, "AB", "Alex Brown", "analyst", now=datetime.now(UTC))
        assert watcher.version() == before
    assert watcher.version() != before
    watcher.close()
    other.close()
