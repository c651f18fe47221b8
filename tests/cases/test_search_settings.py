"""Where captures are searched: a wrong or unsafe setting is one clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.settings import SettingsError, read_settings

VAULT = '[vault]\nid = "v-abc"\n[search]\nengine = "elasticsearch"\n'


def settings_with(folder: Path, lines: str) -> Path:
    path = folder / "lantern.toml"
    path.write_text(VAULT + lines, "utf-8")
    return path


@pytest.mark.parametrize(
    "address",
    ["https://search.example.test:9200", "http://127.0.0.1:9200", "http://[::1]:9200"],
)
def test_a_cluster_is_named_by_its_address(tmp_path: Path, address: str) -> None:
    chosen = read_settings(settings_with(tmp_path, f'address = "{address}"\n')).search
    assert (chosen.engine, chosen.address, chosen.index_prefix) == (
        "elasticsearch",
        address,
        "lantern",
    )


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("", "name the cluster"),
        ('address = "search.example.test"', "name the cluster"),
        ('address = "https://search.example.test:port"', "name the cluster"),
        ('address = "http://search.example.test:9200"', "must begin with https://"),
        ('address = "http://127.0.0.1.example.test:9200"', "must begin with https://"),
        ('address = "https://jo:secret@search.example.test"', "holds a password"),
        ('address = "https://a.test"\nindex_prefix = "Lantern*"', "index_prefix"),
        ('address = "https://a.test"\napi_key = "secret"', "Did you mean 'api_key_file'"),
    ],
)
def test_an_unsafe_or_unclear_one_is_refused_without_its_secret(
    tmp_path: Path, lines: str, says: str
) -> None:
    with pytest.raises(SettingsError, match=r"lantern\.toml") as fault:
        read_settings(settings_with(tmp_path, lines + "\n"))
    assert says in fault.value.says
    assert "secret" not in fault.value.says
