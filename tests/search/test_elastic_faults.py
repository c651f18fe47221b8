"""What may befall a cluster: on a genuine node, each with nothing lost and one clear sentence."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from busy_proxy import BusyProxy
from elastic_node import Cluster, Node, forget
from elasticsearch import Elasticsearch

from cases.identity import CaptureId
from search import DocumentsRefused, IndexNeedsRebuild, MemoryEngine, parse_query
from search.elastic_client import Connection, ElasticPlace
from search.elastic_engine import ElasticEngine
from search.elastic_indices import check_elastic, open_elastic, rebuild_elastic
from search.elastic_writing import TOO_LARGE, Write, send
from search.errors import EngineBusy, EngineFull, EngineRefuses, EngineUnreachable
from search.parser import MAX_DEPTH
from tests.search.test_engines import SCOPE, a_document, found

pytestmark = pytest.mark.xdist_group("elastic")


@pytest.fixture
def place(elastic: Cluster, request: pytest.FixtureRequest) -> Iterator[ElasticPlace]:
    """A vault of the test's own on the cluster."""
    vault = f"v-{abs(hash(request.node.name)):x}"
    yield ElasticPlace(elastic.address, vault, "lantern", elastic.api_key, elastic.ca_file)
    forget(elastic, vault)


@pytest.fixture(scope="module")
def own_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node that may be harmed."""
    node = Node(
        tmp_path_factory.mktemp("harmed"),
        {
            "cluster.routing.allocation.disk.threshold_enabled": "true",
            "cluster.routing.allocation.disk.watermark.low": "1b",
            "cluster.routing.allocation.disk.watermark.high": "1b",
            "cluster.routing.allocation.disk.watermark.flood_stage": "1b",
            "cluster.info.update.interval": "10s",
        },
    )
    node.start()
    yield node
    node.kill()


def its_place(node: Node, vault: str = "v-harmed") -> ElasticPlace:
    return ElasticPlace(node.cluster.address, vault)


def client_of(place: ElasticPlace) -> Elasticsearch:
    cluster = Cluster(place.address, place.api_key, place.ca_file)
    return Elasticsearch(cluster.address, **cluster.credentials)


# The index and its alias


def test_a_vault_without_an_index_is_told_to_make_one(place: ElasticPlace) -> None:
    with pytest.raises(IndexNeedsRebuild, match=r"there is none yet.*lantern work"):
        open_elastic(place)


def test_a_rebuild_is_seen_by_nobody_until_it_is_whole(place: ElasticPlace) -> None:
    def documents() -> Iterator[object]:
        for number in range(3):
            yield a_document(number, "fresh")
            with closing(open_elastic(place)) as other:  # a search in the middle of it
                assert found(other, "stale") == {"c-7"}
                assert found(other, "fresh") == set()

    rebuild_elastic(place, [a_document(7, "stale")]).close()
    with closing(rebuild_elastic(place, documents())) as engine:  # type: ignore[arg-type]
        assert found(engine, "fresh") == {"c-0", "c-1", "c-2"}
        assert found(engine, "stale") == set()
    with closing(client_of(place)) as client:
        assert len(client.indices.get(index=f"{place.alias}.*")) == 1


def test_searches_go_on_without_a_fault_while_the_index_is_swapped(place: ElasticPlace) -> None:
    documents = [a_document(number, "owl") for number in range(5)]
    rebuild_elastic(place, documents).close()
    over, wrong = threading.Event(), []

    def search_on() -> None:
        with closing(open_elastic(place)) as engine:
            while not over.is_set():
                if engine.search(parse_query("owl"), SCOPE, 10).total != 5:
                    wrong.append("a search in between found another number")

    searcher = threading.Thread(target=search_on)
    searcher.start()
    for _ in range(3):
        rebuild_elastic(place, documents).close()
    over.set()
    searcher.join()
    assert not wrong


def test_a_rebuild_cut_short_leaves_the_old_index_in_use(place: ElasticPlace) -> None:
    def cut_short() -> Iterator[object]:
        yield a_document(1, "fresh")
        raise KeyboardInterrupt

    rebuild_elastic(place, [a_document(7, "stale")]).close()
    with pytest.raises(KeyboardInterrupt):
        rebuild_elastic(place, cut_short())  # type: ignore[arg-type]
    with closing(open_elastic(place)) as engine:
        assert found(engine, "stale") == {"c-7"}
        assert engine.count() == 1


def test_two_vaults_on_one_cluster_do_not_meet(elastic: Cluster, place: ElasticPlace) -> None:
    # The id of the one begins as the other's does.
    other = ElasticPlace(place.address, f"{place.vault}-2", "lantern", place.api_key, place.ca_file)
    with closing(rebuild_elastic(place)) as ours, closing(rebuild_elastic(other)) as theirs:
        ours.index([a_document(1, "owl")])
        ours.commit()
        assert (ours.count(), theirs.count()) == (1, 0)
        assert found(theirs, "owl") == set()
        rebuild_elastic(place).close()
        assert open_elastic(other).count() == 0
    forget(elastic, other.vault)


def test_an_index_of_another_version_is_to_be_rebuilt(
    place: ElasticPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild_elastic(place).close()
    monkeypatch.setattr("search.elastic_mapping.ANALYSIS_VERSION", "2 other")
    with pytest.raises(IndexNeedsRebuild, match=r"its analysis is '[0-9]+ uni.*' and this"):
        open_elastic(place)


def test_a_mapping_that_somebody_changed_is_to_be_rebuilt(place: ElasticPlace) -> None:
    rebuild_elastic(place).close()
    with closing(client_of(place)) as client:
        client.indices.put_mapping(index=place.alias, properties={"extra": {"type": "keyword"}})
    with pytest.raises(IndexNeedsRebuild, match="mapping was changed"):
        open_elastic(place)


def test_an_index_where_the_alias_should_be_is_replaced(place: ElasticPlace) -> None:
    with closing(client_of(place)) as client:
        client.index(index=place.alias, document={"text": 7}, refresh=True)
    with pytest.raises(IndexNeedsRebuild, match="not of one alias"):
        open_elastic(place)
    with closing(rebuild_elastic(place, [a_document(1, "owl")])) as engine:
        assert found(engine, "owl") == {"c-1"}
    open_elastic(place).close()


def test_a_write_to_an_alias_that_is_gone_makes_no_index(place: ElasticPlace) -> None:
    with closing(rebuild_elastic(place)) as engine, closing(client_of(place)) as client:
        (index,) = client.indices.get(index=place.alias)
        client.indices.delete(index=index)
        engine.index([a_document(1, "owl")])
        with pytest.raises(IndexNeedsRebuild):
            engine.commit()
        assert not client.indices.exists(index=place.alias)
        with pytest.raises(IndexNeedsRebuild, match="it is not there"):
            engine.search(parse_query("owl"), SCOPE, 1)


def test_a_field_that_the_mapping_does_not_know_is_refused(place: ElasticPlace) -> None:
    rebuild_elastic(place).close()
    with closing(Connection(place, 1.0)) as connection:
        stray = Write(CaptureId("c-1"), b'{"unheard_of": 1}')
        with pytest.raises(IndexNeedsRebuild, match="strict"):
            send(connection, place.alias, [stray], alias=True)


def test_one_document_that_is_refused_keeps_no_other_out(place: ElasticPlace) -> None:
    rebuild_elastic(place).close()
    with closing(Connection(place, 1.0)) as connection:
        engine = ElasticEngine(connection, place.alias, alias=True)
        engine.index([a_document(1, "owl"), a_document(2, "owl", seq=2**63), a_document(3, "owl")])
        with pytest.raises(DocumentsRefused, match="c-2 among them") as fault:
            engine.commit()
        assert list(fault.value.reasons) == ["c-2"]
        assert found(engine, "owl") == {"c-1", "c-3"}
        engine.commit()  # and it is not told twice


def test_a_document_that_is_refused_stops_no_rebuild(place: ElasticPlace) -> None:
    documents = [a_document(1, "owl"), a_document(2, "owl", seq=2**63)]
    with closing(rebuild_elastic(place, documents)) as engine:
        assert found(engine, "owl") == {"c-1"}


def test_the_deepest_and_widest_queries_are_answered(place: ElasticPlace) -> None:
    deep = "owl"
    for level in range(MAX_DEPTH - 1):
        deep = f"({deep} {'AND NOT' if level % 2 else 'OR'} x{level})"
    wide = " OR ".join(f"page:w{number} owl" for number in range(300))
    right = MemoryEngine()
    with closing(rebuild_elastic(place)) as engine:
        for each in (engine, right):
            each.index([a_document(1, "owl"), a_document(2, "x30"), a_document(3, "x48 fox")])
            each.commit()
        for query in (deep, f"NOT {deep}", wide, " ".join(["ow*", "barns~2"] * 10)):
            tree = parse_query(query)
            assert engine.search(tree, SCOPE, 5).total == right.search(tree, SCOPE, 5).total
            assert found(engine, query) == found(right, query)


def test_more_hits_than_a_page_come_from_one_point_in_time(
    place: ElasticPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.elastic_pages.PAGE", 7)
    with closing(rebuild_elastic(place, (a_document(n, "owl") for n in range(30)))) as engine:
        for query in ("owl", "captured:2026"):
            hits = engine.search(parse_query(query), SCOPE, 25).hits
            assert [hit.seq for hit in hits] == list(range(29, 4, -1))
        with closing(client_of(place)) as client:  # and none is left open
            held = client.nodes.stats(metric="indices", index_metric="search")["nodes"].values()
            assert sum(node["indices"]["search"]["open_contexts"] for node in held) == 0


# Where there is no cluster, or not ours


def test_where_nothing_listens_one_sentence_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = ElasticPlace(f"http://127.0.0.1:{taken.getsockname()[1]}", "v-x")
        with pytest.raises(EngineUnreachable, match=r"cannot be reached: .*lantern work$"):
            open_elastic(nobody, patience_s=0.1)


def test_what_is_not_elasticsearch_is_not_written_to() -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"
    with (
        BusyProxy("http://127.0.0.1:9", answer=answer) as it,
        pytest.raises(EngineRefuses, match="is not Elasticsearch"),
    ):
        open_elastic(ElasticPlace(it.address, "v-x"), patience_s=0.1)


def test_a_refused_key_is_said_and_never_shown() -> None:
    answer = b"HTTP/1.1 401 No\r\nx-elastic-product: Elasticsearch\r\ncontent-length: 0\r\n\r\n"
    with BusyProxy("http://127.0.0.1:9", answer=answer) as it:
        place = ElasticPlace(it.address, "v-x", api_key="c2VjcmV0")
        with pytest.raises(EngineRefuses, match="answers 401 to the API key") as fault:
            open_elastic(place, patience_s=5)
        assert "c2VjcmV0" not in str(fault.value) + repr(place)


# Too busy


def test_a_page_that_never_fits_keeps_no_other_out(own_node: Node) -> None:
    large = ("x" * 190 + " ") * 60_000  # its node counts four times its words and their stems
    with closing(rebuild_elastic(its_place(own_node, "v-large"))) as engine:
        engine.index([a_document(1, "owl"), a_document(2, large), a_document(3, "owl")])
        with pytest.raises(DocumentsRefused) as refused:
            engine.commit()
        assert refused.value.reasons == {"c-2": TOO_LARGE}
        assert found(engine, "owl") == {"c-1", "c-3"}


def test_a_cluster_that_answers_429_is_asked_again_until_it_takes_it(place: ElasticPlace) -> None:
    with BusyProxy(place.address, refuse=3) as proxy:
        slow = ElasticPlace(proxy.address, place.vault, "lantern", place.api_key, place.ca_file)
        with closing(rebuild_elastic(slow, [a_document(1, "owl")], patience_s=10)) as engine:
            proxy.refuse = 2
            assert found(engine, "owl") == {"c-1"}
        assert proxy.refused == 5


def test_a_portion_too_large_for_it_is_halved(
    place: ElasticPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.elastic_writing.PORTION_PATIENCE_S", 0.0)
    with BusyProxy(place.address, most_bytes=2_500) as proxy:
        slow = ElasticPlace(proxy.address, place.vault, "lantern", place.api_key, place.ca_file)
        rebuild_elastic(place).close()
        with closing(open_elastic(slow, patience_s=1)) as engine:
            engine.index(a_document(number, "owl") for number in range(40))
            engine.commit()
            assert engine.count() == 40
        assert proxy.refused > 0


def test_a_text_larger_than_the_cluster_takes_is_refused_alone(place: ElasticPlace) -> None:
    rebuild_elastic(place).close()
    with BusyProxy(place.address, most_bytes=100_000, status=413) as proxy:
        strict = ElasticPlace(proxy.address, place.vault, "lantern", place.api_key, place.ca_file)
        with closing(open_elastic(strict)) as engine:
            engine.index([a_document(1, "owl"), a_document(2, "w " * 60_000), a_document(3, "owl")])
            with pytest.raises(DocumentsRefused, match="c-2 among them: its text is larger than"):
                engine.commit()
            assert found(engine, "owl") == {"c-1", "c-3"}


def test_patience_ends_with_one_sentence_and_the_writes_can_be_made_again(
    place: ElasticPlace,
) -> None:
    rebuild_elastic(place).close()
    with BusyProxy(place.address) as proxy:
        slow = ElasticPlace(proxy.address, place.vault, "lantern", place.api_key, place.ca_file)
        with closing(open_elastic(slow, patience_s=0.3)) as engine:
            proxy.refuse = 1_000
            engine.index([a_document(1, "owl")])
            with pytest.raises(EngineBusy, match=r"is not ready: it answers 429.*lantern work"):
                engine.commit()
            proxy.refuse = 0
            engine.index([a_document(1, "owl")])
            engine.commit()
            assert found(engine, "owl") == {"c-1"}


# Killed, restarted, full


def test_a_killed_node_has_all_that_was_committed_when_it_is_back(own_node: Node) -> None:
    with closing(rebuild_elastic(its_place(own_node))) as engine:
        engine.index([a_document(1, "owl")])
        engine.commit()
        engine.index([a_document(2, "owl")])
        own_node.kill()
        with (
            closing(Connection(its_place(own_node), 0.3)) as hasty,
            pytest.raises(EngineUnreachable),
        ):
            ElasticEngine(hasty, engine._index, alias=True).search(parse_query("owl"), SCOPE, 1)
        own_node.start()
        engine.commit()  # the same engine: it waits until the node can take it
        assert found(engine, "owl") == {"c-1", "c-2"}


def test_a_full_disk_stops_writes_and_no_search_and_passes(own_node: Node) -> None:
    marks = {"low": "900tb", "high": "800tb", "flood_stage": "700tb"}  # must be free
    path = "cluster.routing.allocation.disk.watermark."
    engine = rebuild_elastic(its_place(own_node), [a_document(1, "owl")])
    with closing(engine), closing(client_of(its_place(own_node))) as client:
        full = {f"{path}{name}": value for name, value in marks.items()}
        client.cluster.put_settings(persistent=full)
        _until(lambda: _blocked(client, engine._index))
        engine.index([a_document(2, "owl")])
        with pytest.raises(EngineFull, match=r"flood-stage watermark.*Free space on its disk"):
            engine.commit()
        assert found(engine, "owl") == {"c-1"}
        client.cluster.put_settings(persistent=dict.fromkeys(full))
        _until(lambda: not _blocked(client, engine._index))
        engine.index([a_document(2, "owl")])
        engine.commit()
        assert found(engine, "owl") == {"c-1", "c-2"}


def _blocked(client: Elasticsearch, index: str) -> bool:
    (settings,) = client.indices.get_settings(index=index).values()
    return "read_only_allow_delete" in str(settings["settings"]["index"].get("blocks"))


def _until(holds: object, give_up_s: float = 40) -> None:
    end = time.monotonic() + give_up_s
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_node_ends_with_whoever_started_it(tmp_path: Path) -> None:
    node = Node(tmp_path / "node")
    node.start()
    process = node.process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()  # what the end of a test process does, however it ends
    assert process.wait(timeout=10) == 0
    node.process = None


def test_doctor_reads_the_version_and_the_count(place: ElasticPlace) -> None:
    rebuild_elastic(place, [a_document(1, "owl")]).close()
    version, count = check_elastic(place, patience_s=1)
    assert (version.split(".")[0], count) == ("9", 1)
