"""People signed in as themselves: by passphrase, by a link used once, and out again."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest
from desk_rig import ServedDesk

from cases import sign_in
from cases.times import system_clock
from cases.vault import open_vault
from jobs.signing_in import choose_passphrase
from jobs.workplace import Named, at_work

WORDS = "a lamp with a shutter on it"


def give(desk: ServedDesk, code: str, passphrase: str = WORDS) -> None:
    named = Named({}, desk.place.vault, str(desk.place.vault), code, desk.place.keys)
    with at_work(named) as acting:
        choose_passphrase(acting, passphrase)


def enter(desk: ServedDesk, code: str, passphrase: str) -> tuple[int, str, bool]:
    """The status, the words on the page, and whether a session came of it."""
    with desk.stranger() as client:
        answer = client.post("/sign-in", data={"code": code, "passphrase": passphrase})
        return answer.status_code, answer.text, "lantern_session" in client.cookies


def test_a_passphrase_signs_its_person_in_and_acts_are_signed_by_their_key(
    desk: ServedDesk,
) -> None:
    give(desk, "AB")
    with desk.stranger() as client:
        assert client.post("/sign-in", data={"code": "ab", "passphrase": WORDS}).status_code == 303
        me = client.get("/api/v1/me").json()
        assert (me["person"], me["name"]) == ("AB", "Alex Brown")
        client.post("/cases/LINDEN/notes", data={"csrf": me["csrf"], "words": "By Alex"})
    newest = [e for e in desk.lantern.ok("ledger", "list")["entries"] if e["act"] == "note.add"][-1]
    assert (newest["actor"], newest["auth"]) == ("AB", "signed")


def test_who_is_unknown_hears_the_same_words_as_a_wrong_passphrase(desk: ServedDesk) -> None:
    give(desk, "JS")
    wrong = enter(desk, "JS", "not the passphrase")
    unknown = enter(desk, "QQ", "not the passphrase")
    without = enter(desk, "' OR 1=1 --", "x")
    assert wrong[0] == unknown[0] == without[0] == 403
    assert wrong[1] == unknown[1] == without[1]
    assert not any(tried[2] for tried in (wrong, unknown, without))


def test_ten_wrong_passphrases_shut_that_sign_in_for_a_while_and_only_that_one(
    desk: ServedDesk,
) -> None:
    give(desk, "JS")
    give(desk, "AB")
    for _ in range(10):
        assert enter(desk, "JS", "wrong wrong wrong")[0] == 403
    status, said, let_in = enter(desk, "JS", WORDS)
    assert (status, let_in) == (403, False)
    assert "wait 15 minutes" in said
    assert enter(desk, "AB", WORDS)[2]
    reasons = [
        e["texts"]["reason"]
        for e in desk.lantern.ok("ledger", "list")["entries"]
        if e["act"] == "sign-in.refuse"
    ]
    assert "shut after ten failures" in reasons
    with open_vault(desk.place.vault).catalogue().writing() as session:
        later = system_clock() + timedelta(minutes=16)
        assert not sign_in.is_shut(session, "JS", later)
        sign_in.forget_failures(session, "JS")


def test_a_link_is_used_by_its_button_once_and_opening_it_uses_nothing(desk: ServedDesk) -> None:
    path = desk.link()
    token = path.rpartition("/")[2]
    with desk.stranger() as client:
        for _ in range(3):
            assert client.get(path).status_code == 200
        assert client.post("/sign-in/link", data={"token": token}).status_code == 303
        assert client.get("/").status_code == 200
    with desk.stranger() as thief:
        assert thief.post("/sign-in/link", data={"token": token}).status_code == 403
        assert thief.get("/").status_code == 303
        assert thief.post("/sign-in/link", data={"token": "forged"}).status_code == 403


def test_a_link_is_over_after_ten_minutes(desk: ServedDesk) -> None:
    now = system_clock()
    with open_vault(desk.place.vault).catalogue().writing() as session:
        person = session.execute(sign_in.select(sign_in.Person.id)).scalars().first()
        token, ends = sign_in.make_link(session, person, now)
        assert ends - now == timedelta(minutes=10)
        assert sign_in.use_link(session, token, now + timedelta(minutes=11)) is None
        assert sign_in.use_link(session, token, now + timedelta(minutes=9)) == person


@pytest.mark.parametrize(
    ("after", "let_in"), [(29, True), (31, False)], ids=["within the idle time", "past it"]
)
def test_a_session_ends_when_nobody_is_there(desk: ServedDesk, after: int, let_in: bool) -> None:
    now = system_clock()
    with open_vault(desk.place.vault).catalogue().writing() as session:
        person = session.execute(sign_in.select(sign_in.Person.id)).scalars().first()
        secret = sign_in.begin(session, person, now)
        found = sign_in.person_at(session, secret, now + timedelta(minutes=after))
        assert (found is not None) is let_in


def test_a_session_ends_after_twelve_hours_however_busy_its_person_was(desk: ServedDesk) -> None:
    now = system_clock()
    with open_vault(desk.place.vault).catalogue().writing() as session:
        person = session.execute(sign_in.select(sign_in.Person.id)).scalars().first()
        secret = sign_in.begin(session, person, now)
        for hours in range(12):
            sign_in.seen(session, secret, now + timedelta(hours=hours, minutes=59))
        late = now + timedelta(hours=12, minutes=1)
        assert sign_in.person_at(session, secret, late) is None


def test_who_signs_out_is_out_also_where_the_cookie_was_kept(desk: ServedDesk) -> None:
    person = desk.signed_in()
    kept = person.client.cookies["lantern_session"]
    assert person.post("/sign-out").status_code == 303
    with desk.stranger() as client:
        client.cookies.set("lantern_session", kept, domain="127.0.0.1")
        assert client.get("/").status_code == 303


def test_a_new_passphrase_ends_every_session_of_its_person(desk: ServedDesk) -> None:
    one, two = desk.signed_in("AB"), desk.signed_in("AB")
    assert one.post("/me/passphrase", passphrase="another lamp entirely").status_code == 303
    assert two.get("/").status_code == 303


def test_a_passphrase_too_short_is_refused_with_its_rule(desk: ServedDesk) -> None:
    person = desk.signed_in()
    answer = person.post("/me/passphrase", passphrase="short")
    assert answer.status_code == 422
    assert "at least 12 characters" in answer.text


def test_no_secret_stands_in_the_catalogue(desk: ServedDesk) -> None:
    give(desk, "AB")
    token = desk.link().rpartition("/")[2]
    secret = desk.signed_in().client.cookies["lantern_session"]
    with sqlite3.connect(desk.place.vault / "catalogue.db") as db:
        dump = "\n".join(db.iterdump())
    db.close()
    for each in (WORDS, WORDS.encode().hex(), token, secret):
        assert each not in dump
