from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STANDARDS = """
| no. | what | state | area | where |
| --- | --- | --- | --- | --- |
| ABC-1 | one | met | here | x |
| ABC-2 | two | later | find | - |
"""
PROMISES = "| P-1 | a promise | T |\n"
CITES_ALL = """
import pytest
pytestmark = pytest.mark.promise("P-1")
class TestIt:
    @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.standard("ABC-1"))])
    def test_one(self, x): ...
"""


def ran(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "tests" / "citations.py"), "--root", str(root)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in {
        "docs/standards.md": STANDARDS,
        "docs/threat-model.md": PROMISES,
        "tests/room/test_it.py": CITES_ALL,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_every_mark_of_this_repository_cites_a_number_that_exists_and_what_holds_is_cited() -> None:
    done = ran(ROOT)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_number_of_the_shared_standards_has_its_row(shared: Path) -> None:
    text = (shared / "standards.md").read_text(encoding="utf-8")
    wanted = re.findall(r"^- ([A-Z]+-[0-9]+) ", text, re.MULTILINE)
    wanted += re.findall(r"^(STD-[0-9]+) ", text, re.MULTILINE)
    ours = (ROOT / "docs" / "standards.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z]+-[0-9]+) \|", ours, re.MULTILINE)
    assert len(wanted) > 80
    assert sorted(rows) == sorted(wanted)


def test_no_sentence_of_the_shared_standards_is_copied(shared: Path) -> None:
    def runs(text: str, length: int) -> set[tuple[str, ...]]:
        words = re.findall(r"[a-z0-9]+", text.lower())
        return {tuple(words[n : n + length]) for n in range(len(words) - length + 1)}

    theirs = runs((shared / "standards.md").read_text(encoding="utf-8"), 9)
    ours = runs((ROOT / "docs" / "standards.md").read_text(encoding="utf-8"), 9)
    assert theirs & ours == set()


def test_each_number_is_listed_with_its_state_and_the_tests_that_cite_it(repository: Path) -> None:
    done = ran(repository)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "docs/standards.md",
        "  ABC-1    met      tests/room/test_it.py::TestIt::test_one",
        "  ABC-2    later    -",
        "  cited by no test: ABC-2",
        "docs/threat-model.md",
        "  P-1      met      tests/room/test_it.py",
        "  cited by no test: none",
    ]


FAULTS = [
    ("standard('ABC-9')", "docs/standards.md has no such number"),
    ("promise('P-9')", "docs/threat-model.md has no such number"),
    ("promise('ABC-1')", "docs/threat-model.md has no such number"),
    ("standard(NUMBER)", "a mark must cite its numbers as plain texts"),
    ("standard()", "a mark must cite its numbers as plain texts"),
]


@pytest.mark.parametrize(("mark", "says"), FAULTS)
def test_a_mark_that_cites_nothing_known_is_named_with_its_test(
    repository: Path, mark: str, says: str
) -> None:
    wrong = f"import pytest\n@pytest.mark.{mark}\ndef test_wrong(): ...\n"
    (repository / "tests" / "test_wrong.py").write_text(wrong)
    done = ran(repository)
    assert done.returncode == 1
    assert says in done.stderr
    assert "tests/test_wrong.py" in done.stderr


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("| later |", "| met |", "says that ABC-2 holds, but no test cites it"),
        ("| later |", "| soon |", "there is no state 'soon'"),
        ("| ABC-2 |", "| ABC-1 |", "ABC-1 stands there twice"),
    ],
)
def test_a_row_that_claims_too_much_is_named(
    repository: Path, before: str, after: str, says: str
) -> None:
    (repository / "docs" / "standards.md").write_text(STANDARDS.replace(before, after))
    done = ran(repository)
    assert done.returncode == 1
    assert says in done.stderr


def test_a_promise_that_no_test_holds_is_named(repository: Path) -> None:
    (repository / "docs" / "threat-model.md").write_text(PROMISES + "| P-2 | more | H |\n")
    done = ran(repository)
    assert done.returncode == 1
    assert "docs/threat-model.md says that P-2 holds, but no test cites it" in done.stderr
