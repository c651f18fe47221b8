from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from cases.identity import Outcome, new_id


@given(st.sampled_from(["p", "c", "a", "j", "k", "v", "e"]))
def test_an_id_is_its_prefix_and_sixteen_letters_of_base_32(prefix: str) -> None:
    assert re.fullmatch(rf"{prefix}-[a-z2-7]{{16}}", new_id(prefix))


def test_ids_use_every_letter_in_every_place_and_do_not_repeat() -> None:
    drawn = [new_id("c").removeprefix("c-") for _ in range(4000)]
    assert len(set(drawn)) == len(drawn)
    for place in range(16):
        assert {letters[place] for letters in drawn} == set("abcdefghijklmnopqrstuvwxyz234567")


def test_outcomes_are_the_words_of_the_command_line_s_contract() -> None:
    assert [str(outcome) for outcome in Outcome] == [
        "complete",
        "partial",
        "walled",
        "failed",
        "refused",
    ]
