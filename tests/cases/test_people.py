from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cases.errors import CallerError, UsageError
from cases.people import (
    ROLES,
    PersonUnknown,
    add_person,
    keys_of,
    people,
    person_of,
    public_keys,
    register_key,
)


def test_a_person_comes_back_by_their_code(room: Any) -> None:
    with room.catalogue.writing() as session:
        added = add_person(session, "AB", "  Ada Bell ", "supervisor", now=room.noon)
    assert (added.code, added.name, added.role) == ("AB", "Ada Bell", "supervisor")
    with room.catalogue.reading() as session:
        assert person_of(session, "AB") == added
        assert people(session) == [added, room.jo]


@pytest.mark.parametrize("role", ROLES)
def test_every_role_can_be_given(room: Any, role: str) -> None:
    with room.catalogue.writing() as session:
        assert add_person(session, "AB", "Ada Bell", role, now=room.noon).role == role


REFUSED = [
    ("", "Ada", "analyst", "'' is not a person's code"),
    ("ab", "Ada", "analyst", "Use capital initials, such as JS"),
    ("1A", "Ada", "analyst", "is not a person's code"),
    ("A/1", "Ada", "analyst", "is not a person's code"),
    ("A\n", "Ada", "analyst", "is not a person's code"),
    ("A" * 17, "Ada", "analyst", "is not a person's code"),
    ("AB", " ", "analyst", "Person AB needs a --name"),
    ("AB", "Ada", "boss", "There is no role 'boss'. Choose one of: investigator"),
]


@pytest.mark.parametrize(("code", "name", "role", "says"), REFUSED)
def test_a_person_who_cannot_be_is_refused(
    room: Any, code: str, name: str, role: str, says: str
) -> None:
    with pytest.raises(UsageError) as refusal, room.catalogue.writing() as session:
        add_person(session, code, name, role, now=room.noon)
    assert says in refusal.value.says


@pytest.mark.standard("EXH-1")
def test_a_code_belongs_to_one_person(room: Any) -> None:
    with (
        pytest.raises(CallerError, match=r"already a person JS\. Add a middle initial"),
        room.catalogue.writing() as session,
    ):
        add_person(session, "JS", "Jan Smith", "analyst", now=room.noon)


def test_of_threads_that_take_one_code_at_once_one_gets_it(room: Any) -> None:
    def add(number: int) -> bool:
        try:
            with room.catalogue.writing() as session:
                add_person(session, "AB", f"Ada {number}", "analyst", now=room.noon)
        except CallerError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(add, range(8))) == [False] * 7 + [True]


def test_nobody_of_that_code_says_how_to_add_them(room: Any) -> None:
    with (
        pytest.raises(PersonUnknown, match=r"lantern person add XY --name"),
        room.catalogue.reading() as session,
    ):
        person_of(session, "XY")


def test_the_public_half_of_a_key_is_kept_with_whose_it_is(room: Any, key_of: Any) -> None:
    mine, second, vaults = key_of(1), key_of(2), key_of(3)
    with room.catalogue.writing() as session:
        register_key(session, room.jo.id, mine, now=room.noon)
        register_key(session, room.jo.id, second, now=room.noon)
        register_key(session, "v-1", vaults, now=room.noon)
    with room.catalogue.reading() as session:
        assert keys_of(session, room.jo.id) == {
            mine.key: mine.public_key,
            second.key: second.public_key,
        }
        assert keys_of(session, "v-1") == {vaults.key: vaults.public_key}
        assert keys_of(session, "p-nobody") == {}
        assert set(public_keys(session)) == {mine.key, second.key, vaults.key}
