"""A vault whose captures are searched on Elasticsearch: the same answers, and nothing lost while it
is away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from elastic_node import Cluster, Node, forget
from elasticsearch import Elasticsearch
from lantern_rig import Lantern, Site
from secured_proxy import POOR_KEY, RIGHT_KEY, SecuredProxy, an_authority

pytestmark = pytest.mark.xdist_group("elastic")
QUERIES = ("Ashdown", "phone:+447700900461", 'org:"Tarn-Side Ramblers"', "log*", "title:log")


def found(lantern: Lantern, query: str) -> tuple[int, list[str]]:
    answer = lantern.ok("search", query)
    return answer["total"], sorted(hit["capture"] for hit in answer["hits"])


def searched_on(lantern: Lantern, address: str, *more: str) -> None:
    """Say so in `lantern.toml`, as a person does."""
    path = lantern.vault / "lantern.toml"
    lines = ["[search]", 'engine = "elasticsearch"', f'address = "{address}"', *more]
    text = re.sub(r"(?m)^\[(search|enrich)\][^\[]*", "", path.read_text("utf-8"))
    path.write_text(text + "\n" + "\n".join(lines) + "\n[enrich]\nocr = false\n", "utf-8")


@pytest.fixture
def filled(lantern: Lantern, site: Site) -> Lantern:
    """A case with three captures, not yet read."""
    lantern.ok("authority", "add", "--scope", site.address)
    pages = [site.url(f"/article/{number}") for number in range(1, 4)]
    lantern.ok("collect", *pages, "--delay", "0", "--no-work", "--allow-address", site.address)
    return lantern


@pytest.fixture
def on_cluster(filled: Lantern, elastic: Cluster) -> Iterator[Lantern]:
    """The same vault, its index on the cluster from now on; its names there are taken away."""
    filled.environment["LANTERN_ELASTICSEARCH_API_KEY"] = elastic.api_key
    searched_on(filled, elastic.address, f'ca_file = "{elastic.ca_file}"')
    yield filled
    forget(elastic, filled.vault_id)


def test_one_setting_moves_a_vault_to_the_cluster_with_the_same_answers(
    filled: Lantern, elastic: Cluster, on_cluster: Lantern
) -> None:
    assert on_cluster.ok("work")["left"] == 0
    there = [found(on_cluster, query) for query in QUERIES]
    checks = {check["name"]: check for check in on_cluster.ok("doctor")["checks"]}
    assert checks["index"]["ok"]
    assert "3 captures at" in checks["index"]["says"]
    assert "Elasticsearch at" in on_cluster.ok("status")["engine"]
    path = on_cluster.vault / "lantern.toml"
    path.write_text(path.read_text("utf-8").replace('"elasticsearch"', '"embedded"'), "utf-8")
    assert [found(filled, query) for query in QUERIES] == there
    assert sum(total for total, _ in there) >= 3


def test_captures_that_the_index_lost_come_back(on_cluster: Lantern, elastic: Cluster) -> None:
    on_cluster.ok("work")
    total, (first, *_) = found(on_cluster, "captured:>2000-01-01")
    alias = f"lantern-{on_cluster.vault_id}"
    client = Elasticsearch(elastic.address, **elastic.credentials)
    client.delete(index=alias, id=first, refresh=True)
    client.close()
    assert found(on_cluster, "captured:>2000-01-01")[0] == total - 1
    on_cluster.ok("work")
    assert found(on_cluster, "captured:>2000-01-01")[0] == total


def test_a_cluster_that_is_away_loses_nothing(
    lantern: Lantern, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.elastic_client.WORK_PATIENCE_S", 0.5)
    monkeypatch.setattr("search.elastic_client.SEARCH_PATIENCE_S", 0.2)
    node = Node(tmp_path / "node")
    node.start()
    try:
        searched_on(lantern, node.cluster.address)
        lantern.ok("authority", "add", "--scope", site.address)
        one, two = site.url("/article/1"), site.url("/article/2")
        lantern.ok("collect", one, "--allow-address", site.address)
        assert found(lantern, "captured:>2000-01-01")[0] == 1
        node.kill()

        away = lantern("collect", two, "--allow-address", site.address, "--json")
        assert (away.code, away.json["work"]["left"]) == (0, 1)
        assert "cannot be reached" in away.err
        again = lantern("work", "--json")
        assert (again.code, again.json["left"]) == (3, 1)
        (line,) = again.err.splitlines()
        assert line.startswith(
            f"lantern: Elasticsearch at {node.cluster.address} cannot be reached"
        )
        assert line.endswith("lantern work")
        search = lantern("search", "Ashdown")
        assert search.code == 1
        (line,) = search.err.splitlines()
        assert "cannot be reached" in line
        assert not {c["name"]: c["ok"] for c in lantern("doctor", "--json").json["checks"]}["index"]

        monkeypatch.undo()
        node.start()
        assert lantern.ok("work")["left"] == 0
        assert found(lantern, "captured:>2000-01-01")[0] == 2
    finally:
        node.kill()


def test_the_key_is_in_a_file_or_the_environment_and_a_missing_file_is_said(
    lantern: Lantern,
) -> None:
    searched_on(lantern, "https://127.0.0.1:9", 'api_key_file = "nowhere.key"')
    asked = lantern("search", "owl")
    assert asked.code == 2
    assert "nowhere.key cannot be read" in asked.err
    assert "LANTERN_ELASTICSEARCH_API_KEY" in asked.err
    (lantern.vault / "nowhere.key").write_text("c2VjcmV0\n", "utf-8")
    asked = lantern("search", "owl")
    assert asked.code == 1
    assert "cannot be reached" in asked.err
    assert "c2VjcmV0" not in asked.err


def test_a_cluster_with_tls_and_a_key_takes_what_waited_for_the_right_ones(
    filled: Lantern, elastic: Cluster, tmp_path: Path
) -> None:
    if elastic.api_key or elastic.ca_file:
        pytest.skip("ELASTICSEARCH_URL has a key or a CA of its own")
    ours, other = an_authority(tmp_path / "ours"), an_authority(tmp_path / "other")
    key_file = filled.vault / "search.key"
    told = []

    def index_check() -> str:
        (check,) = (c for c in filled("doctor", "--json").json["checks"] if c["name"] == "index")
        assert not check["ok"]
        told.append(check["says"])
        return str(check["says"])

    with SecuredProxy(elastic.address, ours.server("127.0.0.1")) as proxy:
        settings = ('api_key_file = "search.key"', f'ca_file = "{ours.ca_file}"')
        searched_on(filled, proxy.address, settings[0], f'ca_file = "{other.ca_file}"')
        key_file.write_text(f"{RIGHT_KEY}\n", "utf-8")
        assert "certificate is not trusted" in index_check()
        searched_on(filled, proxy.address, *settings)
        for key, says in ((POOR_KEY, "403 to the API key"), ("d3Jvbmc=", "401 to the API key")):
            key_file.write_text(f"{key}\n", "utf-8")
            assert says in index_check()
        waits = filled("work", "--json")
        assert (waits.code, waits.json["left"]) == (3, 3)
        key_file.write_text(f"{RIGHT_KEY}\nand a line more\n", "utf-8")
        assert "not one line" in index_check()
        key_file.write_text(f"{RIGHT_KEY}\n", "utf-8")
        assert filled.ok("work")["left"] == 0
        assert found(filled, "captured:>2000-01-01")[0] == 3
    ledger = str(filled.ok("ledger", "list"))
    for key in (POOR_KEY, RIGHT_KEY, "d3Jvbmc="):
        assert key not in ledger + waits.err + "".join(told)
    forget(elastic, filled.vault_id)
