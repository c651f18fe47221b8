"""The indices of one vault on a cluster: an alias, the index it names, a template for the next.

    lantern-<vault>           the alias that is searched and written
    lantern-<vault>.<hex>     an index; its mapping's `_meta` says who made it
    lantern-<vault>           the template that gives every such index its mapping

A new index is filled beside the one in use and the alias moved in one step, so that a rebuild is
seen by nobody and one cut short leaves the old index in use.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any, Final

from elasticsearch import Elasticsearch

from search.document import SearchDocument
from search.elastic_client import WORK_PATIENCE_S, Connection, ElasticPlace, body
from search.elastic_engine import ElasticEngine
from search.elastic_mapping import INDEX_SETTINGS, PROPERTIES, made_by, mappings
from search.errors import DocumentsRefused, IndexNeedsRebuild

LEFT_OVER_S: Final = 86_400  # an index in no use that is older was left by a rebuild cut short
_PRIORITY: Final = 500  # over templates for everything


def open_elastic(place: ElasticPlace, *, patience_s: float = WORK_PATIENCE_S) -> ElasticEngine:
    """The engine over the vault's index at `place`.

    Raises `IndexNeedsRebuild` for an index that is missing or made by another version, and an
    `EngineUnavailable`.
    """
    connection = Connection(place, patience_s)
    try:
        found = _indices(connection, place.alias)
        if not found:
            raise IndexNeedsRebuild(place.alias, "missing", "there is none yet")
        if place.alias in found or len(found) > 1:
            detail = "its name is that of an index, or of several, and not of one alias"
            raise IndexNeedsRebuild(place.alias, "damaged", detail)
        _check(place.alias, next(iter(found.values()))["mappings"])
    except BaseException:
        connection.close()
        raise
    return ElasticEngine(connection, place.alias, alias=True)


def rebuild_elastic(
    place: ElasticPlace,
    documents: Iterable[SearchDocument] = (),
    *,
    patience_s: float = WORK_PATIENCE_S,
) -> ElasticEngine:
    """The engine over a fresh index of `documents`, in place of what was there.

    The index in use is searched until the new one is whole. Raises an `EngineUnavailable`.
    """
    connection = Connection(place, patience_s)
    try:
        index = f"{place.alias}.{int(time.time()):x}{secrets.token_hex(4)}"
        connection.ask(lambda client: _put_template(client, place.alias))
        connection.ask(lambda client: client.indices.create(index=index))
        filling = ElasticEngine(connection, index, alias=False)
        filling.index(documents)
        with suppress(DocumentsRefused):  # they were refused before: their steps say so
            filling.commit()
        _swap(connection, place.alias, index)
        _sweep(connection, place.alias, index)
    except BaseException:
        connection.close()
        raise
    return ElasticEngine(connection, place.alias, alias=True)


def check_elastic(place: ElasticPlace, *, patience_s: float) -> tuple[str, int]:
    """The cluster's version, and how many documents the vault's index there holds.

    For `doctor`. Raises what `open_elastic` raises.
    """
    connection = Connection(place, patience_s)
    try:
        version = str(body(connection.ask(lambda client: client.info()))["version"]["number"])
    finally:
        connection.close()
    engine = open_elastic(place, patience_s=patience_s)
    try:
        return version, engine.count()
    finally:
        engine.close()


def _indices(connection: Connection, name: str) -> dict[str, Any]:
    """What indices `name` (an alias, an index or a pattern) stands for, by index."""
    found = connection.ask(
        lambda client: client.indices.get(
            index=name, ignore_unavailable=True, allow_no_indices=True, expand_wildcards="all"
        )
    )
    return dict(body(found))


def _check(alias: str, live: dict[str, Any]) -> None:
    """Raises `IndexNeedsRebuild` for a mapping that is not ours, word for word or in its types."""
    stamp = live.get("_meta", {})
    for what, ours in made_by().items():
        if stamp.get(what) != ours:
            detail = f"its {what} is {stamp.get(what)!r} and this program's is {ours!r}"
            raise IndexNeedsRebuild(alias, "other-version", detail)
    types = {field: each.get("type") for field, each in live.get("properties", {}).items()}
    if types != {field: each["type"] for field, each in PROPERTIES.items()}:
        raise IndexNeedsRebuild(alias, "damaged", "its mapping was changed by somebody else")


def _put_template(client: Elasticsearch, alias: str) -> None:
    client.indices.put_index_template(
        name=alias,
        index_patterns=[f"{alias}.*"],  # the dot: no other vault's name goes on with one
        priority=_PRIORITY,
        template={"settings": INDEX_SETTINGS, "mappings": mappings()},
        meta={"made_by": "Dark Lantern"},
    )


def _swap(connection: Connection, alias: str, index: str) -> None:
    """Move the alias to `index` in one step, and take away what it named before."""
    before = _indices(connection, alias)
    actions: list[dict[str, Any]] = [{"remove_index": {"index": old}} for old in before]
    actions.append({"add": {"index": index, "alias": alias, "is_write_index": True}})
    connection.ask(lambda client: client.indices.update_aliases(actions=actions))


def _sweep(connection: Connection, alias: str, kept: str) -> None:
    """Take away what rebuilds cut short left behind; one that may still be filled stays."""
    old: list[str] = []
    oldest_ms = (time.time() - LEFT_OVER_S) * 1000
    for index, each in _indices(connection, f"{alias}.*").items():
        created = float(each["settings"]["index"]["creation_date"])
        if index != kept and not each["aliases"] and created < oldest_ms:
            old.append(index)
    for index in old:
        connection.ask(partial(_delete, index=index))


def _delete(client: Elasticsearch, index: str) -> None:
    client.indices.delete(index=index, ignore_unavailable=True)
