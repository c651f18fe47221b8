"""The index folder: made anew where it is missing, damaged or of another version; shared with
care.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cases.identity import CaptureId, CaseId
from search import (
    IndexBusy,
    IndexNeedsRebuild,
    IndexUnwritable,
    Scope,
    SearchDocument,
    check_index,
    open_engine,
    parse_query,
    rebuild_engine,
)
from search.folder import STAMP_NAME
from search.tantivy_engine import TantivyEngine

ROOT = Path(__file__).resolve().parents[2]
SCOPE = Scope(frozenset({CaseId("c-linden")}))
DOCUMENTS = [
    SearchDocument(
        capture=CaptureId(f"c-{number}"),
        case=CaseId("c-linden"),
        seq=number,
        captured=datetime(2026, 3, 1, tzinfo=UTC),
        url="https://example.test/",
        text=f"owl number {number}",
    )
    for number in range(20)
]


def owls(engine: TantivyEngine) -> int:
    """How many documents a search for owls finds."""
    return engine.search(parse_query("owl"), SCOPE, 5).total


def why_rebuild(folder: Path) -> str:
    """Why `folder` must be rebuilt, as it is found at opening or at the first search."""
    with pytest.raises(IndexNeedsRebuild) as refusal:
        owls(open_engine(folder))
    assert "must be rebuilt" in refusal.value.says
    assert "The evidence is untouched; run: lantern work" in refusal.value.says
    assert refusal.value.says.isprintable()
    return refusal.value.why


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An index of twenty documents."""
    rebuild_engine(tmp_path / "index", DOCUMENTS).close()
    return tmp_path / "index"


def test_an_index_is_found_again_by_the_next_program(folder: Path) -> None:
    assert owls(open_engine(folder)) == 20


def test_an_index_that_is_not_there_must_be_rebuilt(tmp_path: Path) -> None:
    assert why_rebuild(tmp_path / "index") == "missing"
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize("what", ["format", "analysis", "engine"])
def test_an_index_of_another_version_must_be_rebuilt(folder: Path, what: str) -> None:
    stamp = json.loads((folder / STAMP_NAME).read_text("utf-8"))
    (folder / STAMP_NAME).write_text(json.dumps(stamp | {what: "of another year"}), "utf-8")
    assert why_rebuild(folder) == "other-version"


def put(path: Path, content: bytes) -> None:
    """Give the file this content as a new file in its place: an engine may have the old one mapped,
    and a mapped file that is cut short kills its reader (SIGBUS).
    """
    beside = path.with_name(f"{path.name}.beside")
    beside.write_bytes(content)
    beside.replace(path)


def halve(path: Path) -> None:
    put(path, path.read_bytes()[: path.stat().st_size // 2])


def scramble(path: Path) -> None:
    put(path, bytes(byte ^ 0x5A for byte in path.read_bytes()))


def empty(path: Path) -> None:
    put(path, b"")


@pytest.mark.parametrize("damage", [halve, scramble, empty, Path.unlink])
@pytest.mark.parametrize("ending", ["meta.json", ".term", ".idx", ".fast", ".store", STAMP_NAME])
def test_a_damaged_index_must_be_rebuilt_and_can_be(
    folder: Path, damage: Callable[[Path], None], ending: str
) -> None:
    for path in [path for path in folder.rglob("*") if path.name.endswith(ending)]:
        damage(path)
    gone = damage is Path.unlink and ending == STAMP_NAME
    assert why_rebuild(folder) == ("missing" if gone else "damaged")
    assert owls(rebuild_engine(folder, DOCUMENTS)) == 20
    assert owls(open_engine(folder)) == 20


@pytest.mark.parametrize("ending", [".term", ".idx", ".pos", ".fast", ".store", ".fieldnorm"])
def test_one_flipped_bit_is_found_by_a_check(folder: Path, ending: str) -> None:
    assert check_index(folder) == 20
    (path,) = [path for path in folder.rglob("*") if path.name.endswith(ending)]
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    put(path, bytes(content))
    with pytest.raises(IndexNeedsRebuild, match=rf"{path.name} fails its checksum"):
        check_index(folder)
    assert why_rebuild(folder) == "damaged"


def test_an_index_too_large_to_be_read_at_opening_is_opened_unread(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = folder.rglob("*.store")
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    put(path, bytes(content))
    assert why_rebuild(folder) == "damaged"
    monkeypatch.setattr("search.tantivy_engine.VERIFIED_AT_OPENING_BYTES", 1)
    assert open_engine(folder).count() == 20
    with pytest.raises(IndexNeedsRebuild, match="fails its checksum"):
        check_index(folder)


@pytest.mark.parametrize(
    "stamp", ["[]", "7", '"x"', "{", "\ud800", '{"generation": "../elsewhere"}', "{}"]
)
def test_a_stamp_that_is_none_is_no_traceback(folder: Path, stamp: str) -> None:
    (folder / STAMP_NAME).write_bytes(stamp.encode("utf-8", "surrogatepass"))
    assert why_rebuild(folder) in ("damaged", "other-version")


def test_a_stamp_leads_to_no_folder_but_its_own(folder: Path) -> None:
    stamp = json.loads((folder / STAMP_NAME).read_text("utf-8"))
    (folder / STAMP_NAME).write_text(json.dumps(stamp | {"generation": "generation-/../.."}))
    assert why_rebuild(folder) == "damaged"


def test_a_rebuild_cut_short_leaves_the_index_in_use(folder: Path) -> None:
    def broken() -> Iterator[SearchDocument]:
        yield DOCUMENTS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild_engine(folder, broken())
    assert owls(open_engine(folder)) == 20


def test_a_rebuild_sweeps_what_no_stamp_names(folder: Path) -> None:
    (folder / "generation-0dead").mkdir()
    (folder / "generation-0dead" / "left").write_text("x")
    (folder / "notes.txt").write_text("somebody's own")
    rebuild_engine(folder, DOCUMENTS)
    generations = [path for path in folder.iterdir() if path.name.startswith("generation-")]
    assert len(generations) == 1
    assert (folder / "notes.txt").read_text() == "somebody's own"


def test_a_write_shows_in_another_program_after_a_refresh(folder: Path) -> None:
    writer, reader = open_engine(folder), open_engine(folder)
    writer.delete([CaptureId("c-1")])
    writer.commit()
    assert owls(reader) == 20
    reader.refresh()
    assert owls(reader) == 19


HOLD_THE_LOCK = """
import sys
from pathlib import Path
from search import open_engine
engine = open_engine(Path(sys.argv[1]))
engine.delete(["c-0"])
print("held", flush=True)
sys.stdin.read()
engine.commit()
"""


@pytest.fixture
def held_elsewhere(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program that writes the index until its standard input closes."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield other
        other.kill()


def test_an_index_written_by_another_program_is_waited_for_and_no_longer(
    folder: Path, held_elsewhere: subprocess.Popen[str]
) -> None:
    engine = open_engine(folder, lock_wait_s=0.3)
    with pytest.raises(
        IndexBusy, match=r"did not finish within 0\.3 seconds\. Nothing was changed"
    ):
        engine.index(DOCUMENTS[:1])
    assert owls(engine) == 20  # searching needs no lock


def test_the_lock_is_got_once_the_other_program_is_done(
    folder: Path, held_elsewhere: subprocess.Popen[str]
) -> None:
    held_elsewhere.communicate("")
    engine = open_engine(folder, lock_wait_s=30)
    assert engine.index(DOCUMENTS[:1]) == 1
    engine.commit()
    assert owls(engine) == 20


def test_a_program_killed_in_mid_write_leaves_the_last_commit_and_no_lock(
    folder: Path, held_elsewhere: subprocess.Popen[str]
) -> None:
    held_elsewhere.kill()
    held_elsewhere.wait()
    engine = open_engine(folder, lock_wait_s=5)
    assert owls(engine) == 20
    engine.delete([CaptureId("c-1")])
    engine.commit()
    assert owls(engine) == 19


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_one_clear_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(IndexUnwritable, match="cannot be written: Permission denied"):
        rebuild_engine(tmp_path / "index")


def test_a_file_where_the_folder_should_be_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("not a folder")
    with pytest.raises(IndexUnwritable, match="cannot be written"):
        rebuild_engine(tmp_path / "index")
    assert why_rebuild(tmp_path / "index") == "damaged"
