"""A logged search run again, whatever was done to the vault since, on both engines (DIS-6)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from elastic_node import Cluster, forget
from lantern_rig import Lantern, Site
from naming_rig import working

from cases.holdings import make_due_again, taken
from jobs.finding import search
from jobs.search_log import Rerun, rerun
from jobs.steps import work
from tests.jobs.test_indexing_elsewhere import searched_on

pytestmark = pytest.mark.standard("DIS-6")
ENGINES = ["embedded", pytest.param("elastic", marks=pytest.mark.xdist_group("elastic"))]
HOW = ("--delay", "0", "--allow-address")


@pytest.fixture(params=ENGINES)
def filled(request: pytest.FixtureRequest, lantern: Lantern, site: Site) -> Iterator[Lantern]:
    cluster: Cluster | None = None
    if request.param == "elastic":
        cluster = request.getfixturevalue("elastic")
        lantern.environment["LANTERN_ELASTICSEARCH_API_KEY"] = cluster.api_key
        searched_on(lantern, cluster.address, f'ca_file = "{cluster.ca_file}"')
    lantern.ok("authority", "add", "--scope", site.address)
    pages = [site.url(f"/article/{number}") for number in (1, 2)]
    lantern.ok("collect", *pages, *HOW, site.address)
    yield lantern
    if cluster is not None:
        forget(cluster, lantern.vault_id)


def asked(lantern: Lantern) -> str:
    with working(lantern, "JS") as acting:
        return str(search(acting, "captured:>2020 Ashdown", None, 5).log_id)


def again(lantern: Lantern, search_id: str) -> Rerun:
    with working(lantern, "JS") as acting:
        return rerun(acting, search_id)


def test_what_was_captured_or_indexed_since_changes_nothing(filled: Lantern, site: Site) -> None:
    logged = asked(filled)
    then = again(filled, logged)
    filled.ok("collect", site.url("/article/1"), site.url("/article/3"), *HOW, site.address)
    grown = again(filled, logged)
    with working(filled, "JS") as acting:
        with acting.catalogue.writing() as session:
            make_due_again(session, taken(session, "index"), "index")
        work(acting)
    indexed_anew = again(filled, logged)

    assert then.total == grown.total == indexed_anew.total > 0
    assert [each.same for each in (then, grown, indexed_anew)] == [True] * 3
    assert [each.same_version for each in (then, grown, indexed_anew)] == [True] * 3
    assert (len(then.replaced), len(grown.replaced), len(indexed_anew.replaced)) == (0, 0, 2)


def test_another_version_of_what_was_read_is_said(
    filled: Lantern, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = asked(filled)
    monkeypatch.setattr("jobs.steps.ENRICHER_VERSION", "999")
    with working(filled, "JS") as acting:
        work(acting)
    later = again(filled, logged)

    assert later.same  # what is read is the same, by another version
    assert not later.same_version
    assert "999" in later.version_says
    assert "is gone" in filled("search-log", "rerun", logged).out
    told = filled.ok("search-log", "rerun", logged)
    assert told["version_then"] != told["version_now"] == again(filled, asked(filled)).version


def test_a_vault_of_which_a_part_is_read_anew_is_of_both_versions(
    filled: Lantern, monkeypatch: pytest.MonkeyPatch, site: Site
) -> None:
    monkeypatch.setattr("jobs.steps.BATCH", 1)
    monkeypatch.setattr("jobs.indexing.BATCH", 1)
    logged = asked(filled)
    with working(filled, "JS") as acting, pytest.MonkeyPatch.context() as patched:
        patched.setattr("jobs.steps.ENRICHER_VERSION", "999")
        patched.setattr("jobs.indexing.after_index", _StoppedAt(2))
        with pytest.raises(KeyboardInterrupt):
            work(acting)
    halfway = asked(filled)

    assert not again(filled, logged).same_version
    assert " and 999 " in again(filled, halfway).version
    assert again(filled, halfway).same_version


class _StoppedAt:
    """Whoever works is stopped at the n-th call."""

    def __init__(self, calls: int) -> None:
        self._left = calls

    def __call__(self, *_: object) -> int:
        self._left -= 1
        if not self._left:
            raise KeyboardInterrupt
        return 0


def test_an_index_that_another_analysis_made_is_said_though_nothing_was_read_anew(
    filled: Lantern, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = asked(filled)
    monkeypatch.setattr("jobs.indexing.ANALYSIS_VERSION", "other")
    monkeypatch.setattr("search.elastic_mapping.ANALYSIS_VERSION", "other")
    monkeypatch.setitem(_made_by(), "analysis", "other")
    later = again(filled, logged)  # the index is made anew before it is asked

    assert later.same
    assert (later.same_version, later.version.split(";")[0]) == (False, "other")


def _made_by() -> dict[str, str]:
    from search import folder

    return folder._MADE_BY
