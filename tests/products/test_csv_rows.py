"""CSV that reads back to what was written, and that no spreadsheet obeys."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.csv_rows import csv_bytes, read_csv

HOSTILE = 'a, "b"\nand\r\n=1+1 ⏎ \u2028end'


@pytest.mark.standard("CHT-1")
def test_a_field_with_newline_comma_quote_and_formula_is_one_line_and_reads_back() -> None:
    content = csv_bytes(["what", "else"], [["=1+1", HOSTILE]])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 2
    assert len(content.decode("utf-8").splitlines()) == 2
    assert read_csv(content) == [
        ["what", "else"],
        ["=1+1", 'a, "b"\nand\n=1+1 ⏎ \nend'],
    ]


@pytest.mark.standard("CHT-1")
@pytest.mark.parametrize(
    "field",
    ["=1+1", "+44 7700 900123", "-1", "@SUM(A1)", "\t=1", "'x", "  =cmd|' /C calc'!A0", "＝1"],
)
def test_what_a_spreadsheet_would_obey_begins_with_an_apostrophe(field: str) -> None:
    content = csv_bytes(["head"], [[field]])
    assert content.decode("utf-8").splitlines()[1].startswith("\"'")
    assert read_csv(content)[1] == [field]


FIELDS = st.text() | st.text(st.sampled_from(" ⏎\n\r'=a"))


@given(st.lists(st.lists(FIELDS, min_size=2, max_size=2), max_size=5))
def test_whatever_was_written_reads_back(rows: list[list[str]]) -> None:
    content = csv_bytes(["a", "b"], rows)
    assert len(content.decode("utf-8").splitlines()) == len(rows) + 1
    breaks = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
    meant = [[breaks.sub("\n", field.replace("\x00", "\ufffd")) for field in row] for row in rows]
    assert read_csv(content)[1:] == meant
