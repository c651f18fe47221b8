"""An engine of each kind, for tests of what every engine does."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from elastic_node import Cluster, forget

from search import Engine, MemoryEngine, rebuild_engine
from search.elastic_client import ElasticPlace
from search.elastic_indices import rebuild_elastic

ENGINES = (
    "memory",
    "tantivy",
    pytest.param("elastic", marks=pytest.mark.xdist_group("elastic")),
)


@contextmanager
def an_engine(request: pytest.FixtureRequest, folder: Path) -> Iterator[Engine]:
    """A new, empty engine of the kind that the fixture's parameter names."""
    if request.param == "elastic":
        cluster: Cluster = request.getfixturevalue("elastic")
        vault = f"v-{secrets.token_hex(8)}"
        place = ElasticPlace(
            cluster.address, vault, api_key=cluster.api_key, ca_file=cluster.ca_file
        )
        with closing(rebuild_elastic(place)) as engine:
            yield engine
        forget(cluster, vault)
        return
    made = MemoryEngine() if request.param == "memory" else rebuild_engine(folder)
    with closing(made) as engine:
        yield engine
