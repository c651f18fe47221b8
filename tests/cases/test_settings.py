from __future__ import annotations

from pathlib import Path

import pytest

from cases.settings import (
    VAULT_FORMAT,
    NewerVault,
    Settings,
    SettingsError,
    VaultSection,
    change_setting,
    read_settings,
    write_settings,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written = tmp_path / "lantern.toml"
    write_settings(written, Settings(vault=VaultSection(id="v-aaaaaaaaaaaaaaaa")))
    return written


def test_what_is_written_is_read_back(path: Path) -> None:
    assert read_settings(path) == Settings(vault=VaultSection(id="v-aaaaaaaaaaaaaaaa"))


def test_no_way_out_is_set_until_somebody_sets_one(path: Path) -> None:
    assert read_settings(path).egress.way_out == ""


def test_a_changed_setting_keeps_the_other_lines_and_comments(path: Path) -> None:
    path.write_text(path.read_text() + "# keep me\n")
    changed = change_setting(path, "egress", "way_out", "direct")
    assert changed.egress.way_out == "direct"
    assert read_settings(path) == changed
    assert "# keep me" in path.read_text()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("[egress]\nwayout = 'direct'", r"no setting 'egress.wayout'. Did you mean 'way_out'\?"),
        ("[egres]\nway_out = 'direct'", r"no setting 'egres'. Did you mean 'egress'\?"),
        ("[collect]\ndelay_s = 'soon'", r"collect.delay_s: .*valid number"),
        ("[collect]\nmax_pages = 0", r"collect.max_pages"),
        ("[collect\n", r"is not TOML"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(path: Path, line: str, says: str) -> None:
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(SettingsError, match=says):
        read_settings(path)


def test_a_change_that_would_be_wrong_leaves_the_file_as_it_was(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(SettingsError):
        change_setting(path, "egress", "way", "direct")
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["lantern.toml"]


def test_a_vault_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    path.write_text(f"[vault]\nid = 'v-b'\nformat = {VAULT_FORMAT + 1}\nnew_thing = 1\n")
    with pytest.raises(NewerVault, match="newer version that made it; nothing was changed"):
        read_settings(path)
