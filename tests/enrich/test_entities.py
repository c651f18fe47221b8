from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
import spacy

from enrich import NameModel, NoModel, open_model
from enrich.entities import MAX_CHARACTERS, OUR_FOLDER


def names(model: NameModel, text: str) -> list[tuple[str, str]]:
    return [(mention.text, mention.label) for mention in model.mentions(text)]


def test_the_committed_model_finds_persons_organisations_and_places(model: NameModel) -> None:
    text = "Barack Obama met Angela Merkel in Berlin before the United Nations meeting in London."

    found = names(model, text)

    assert ("Barack Obama", "PERSON") in found
    assert ("Angela Merkel", "PERSON") in found
    assert ("Berlin", "LOC") in found
    assert ("United Nations", "ORG") in found
    assert ("London", "LOC") in found


def test_a_name_in_police_usage_is_one_mention_without_its_date_of_birth(model: NameModel) -> None:
    assert ("SMITH, John", "PERSON") in names(
        model, "Officers spoke to SMITH, John (12/03/1985) at his home in Bradford."
    )


def test_every_mention_says_where_it_stands_and_which_model_found_it(model: NameModel) -> None:
    text = "News\n\nJane Brown spoke in Paris.\nJane Brown spoke in Paris.\tMadrid"

    mentions = model.mentions(text)

    assert [text[m.start : m.end] for m in mentions] == [m.text for m in mentions]
    assert sum(m.text == "Jane Brown" for m in mentions) == 2
    assert {m.model for m in mentions} == {model.version}
    assert all(m.score is not None and 0 < m.score <= 1 for m in mentions)


def test_the_version_is_known_without_loading_the_model() -> None:
    fresh = NameModel("lantern")
    meta = json.loads((OUR_FOLDER / "meta.json").read_text("utf-8"))

    assert fresh.version == f"en_lantern_names {meta['version']}"
    assert "pipeline" not in vars(fresh)


def test_no_name_runs_across_lines_or_cells(model: NameModel) -> None:
    text = "John\nSmith\tLondon\nEngland"

    assert all("\n" not in m.text and "\t" not in m.text for m in model.mentions(text))


def test_a_handle_is_no_name(model: NameModel) -> None:
    text = "@JohnSmith and @BarackObama met David Cameron, said @Reuters."

    assert all(not m.text.startswith("@") for m in model.mentions(text))
    assert all(text[m.start - 1 : m.start] != "@" for m in model.mentions(text))


def test_a_text_without_words_has_no_names(model: NameModel) -> None:
    assert model.mentions("") == ()
    assert model.mentions("12:30 -- 5 % \n\t 🔦") == ()


@pytest.mark.parametrize(
    "text",
    ["a." * 50_000, "a-" * 50_000, "x" * 100_000, "ab\u00a0" * 30_000, "(" * 50_000 + " in Leeds"],
    ids=["dots", "dashes", "one word", "spaces that are none", "brackets"],
)
def test_a_text_without_breaks_is_read_in_bounded_time(model: NameModel, text: str) -> None:
    began = time.perf_counter()

    model.mentions(text)

    assert time.perf_counter() - began < 30  # spaCy takes minutes over 8,000 characters of "a."


def test_reading_stops_at_the_bound(model: NameModel) -> None:
    text = "\n" * MAX_CHARACTERS + "Barack Obama was in Berlin."

    assert model.mentions(text) == ()


def test_the_committed_model_is_small_and_loads_with_stock_spacy() -> None:
    size = sum(path.stat().st_size for path in OUR_FOLDER.rglob("*") if path.is_file())
    meta = json.loads((OUR_FOLDER / "meta.json").read_text("utf-8"))

    assert size < 25_000_000
    assert meta["license"]
    assert {"uner-ewt", "wnut17", "btc", "wikigold", "re3d"} <= {s["name"] for s in meta["sources"]}
    assert all(source["license"] for source in meta["sources"])
    assert spacy.load(OUR_FOLDER)("Berlin").text == "Berlin"


@pytest.mark.parametrize(
    "name", ["en_core_web_none", "/tmp/model", "../model", "EN", "os.path", ""]
)
def test_a_model_that_is_not_installed_is_one_clear_line(name: str) -> None:
    with pytest.raises(NoModel) as caught:
        open_model(name)

    assert "not installed" in caught.value.says
    assert "lantern.toml" in caught.value.says
    assert "\n" not in caught.value.says


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A small spaCy package on the path, labelling as OntoNotes does, as en_core_web_* are."""
    name = "en_core_web_toy"
    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns(  # type: ignore[attr-defined]
        [
            {"label": "GPE", "pattern": "Leeds"},
            {"label": "FAC", "pattern": "Kirkgate Market"},
            {"label": "CARDINAL", "pattern": "two"},
            {"label": "NORP", "pattern": "Scottish"},
        ]
    )
    pipeline.meta.update(name="core_web_toy", version="1.2.3")
    (tmp_path / name).mkdir()
    pipeline.to_disk(tmp_path / name / f"{name}-1.2.3")
    (tmp_path / name / "meta.json").write_text(json.dumps(pipeline.meta))
    (tmp_path / name / "__init__.py").write_text(
        "from spacy.util import load_model_from_init_py\n"
        "def load(**overrides):\n"
        "    return load_model_from_init_py(__file__, **overrides)\n"
    )
    dist = tmp_path / f"{name}-1.2.3.dist-info"
    dist.mkdir()
    (dist / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2.3\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield name  # type: ignore[misc]
    sys.modules.pop(name, None)
    open_model.cache_clear()


def test_an_installed_package_is_used_when_the_settings_name_it(installed: str) -> None:
    model = open_model(installed)

    assert model.version == "en_core_web_toy 1.2.3"
    assert names(model, "Two Scottish men, two of Leeds, at Kirkgate Market.") == [
        ("Leeds", "LOC"),
        ("Kirkgate Market", "LOC"),
    ]


def test_a_damaged_model_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "en_core_web_broken"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise ImportError('half installed')\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(NoModel, match="could not be loaded"):
        open_model("en_core_web_broken").mentions("Jane Brown")
