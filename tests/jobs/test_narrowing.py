"""A query taken apart at the desk."""

from __future__ import annotations

from jobs.narrowing import MOST_PARTS, Narrowing


def test_each_part_names_the_query_without_it() -> None:
    assert [(p.text, p.without) for p in Narrowing("owl NOT river").parts()] == [
        ("owl", "NOT river"),
        ("NOT river", "owl"),
    ]


def test_a_query_of_very_many_parts_is_not_taken_apart() -> None:
    words = [f"w{number}" for number in range(MOST_PARTS + 1)]

    assert len(Narrowing(" ".join(words[:-1])).parts()) == MOST_PARTS
    assert Narrowing(" ".join(words)).parts() == []
