"""Watches on Elasticsearch: told the same, and nothing lost while it is away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from elastic_node import Cluster, forget
from lantern_rig import Lantern, Site

from tests.jobs.test_indexing_elsewhere import searched_on

pytestmark = pytest.mark.xdist_group("elastic")


@pytest.fixture
def founded(lantern: Lantern, site: Site, elastic: Cluster) -> Iterator[Lantern]:
    lantern.ok("authority", "add", "--scope", site.address)
    lantern.environment["LANTERN_ELASTICSEARCH_API_KEY"] = elastic.api_key
    searched_on(lantern, elastic.address, f'ca_file = "{elastic.ca_file}"')
    yield lantern
    forget(elastic, lantern.vault_id)


def test_a_list_of_ten_thousand_is_matched_there_once_and_caught_up_with(
    founded: Lantern,
    site: Site,
    elastic: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("search.elastic_client.WORK_PATIENCE_S", 0.5)
    path = tmp_path / "list.txt"
    values = [f"jo{number}@example.test" for number in range(10_000)]
    path.write_text("\n".join([*values, "Ashdown", "07700 900 461"]), "utf-8")
    founded.ok("watch", "add", "many", "--list", str(path))
    founded.ok("watch", "add", "all", "--query", "captured:>2020")
    how = ("--delay", "0", "--allow-address", site.address)

    founded.ok("collect", site.url("/article/1"), site.url("/article/2"), *how)
    there = founded.ok("alerts")
    searched_on(founded, "http://127.0.0.1:9")
    founded("collect", site.url("/article/3"), *how)
    assert founded.ok("alerts")["total"] == there["total"]
    searched_on(founded, elastic.address, f'ca_file = "{elastic.ca_file}"')
    founded.ok("work")
    founded.ok("work")

    alerts = founded.ok("alerts")["alerts"]
    assert sum(alert["name"] == "all" for alert in alerts) == 3
    assert {row for alert in alerts for row in alert["rows"]} == {10_001, 10_002}
    assert len({(alert["name"], alert["capture"]) for alert in alerts}) == len(alerts)
    assert {watch["fault"] for watch in founded.ok("watch", "list")["watches"]} == {""}
