from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cases import vault as module
from cases.catalogue import CatalogueDamaged, CatalogueUnusable, sqlite_url
from cases.settings import NewerVault, SettingsError, change_setting
from cases.vault import (
    Vault,
    VaultExists,
    VaultMissing,
    VaultUnwritable,
    create_vault,
    find_vault,
    held_alone,
    open_vault,
)


def made(root: Path) -> Vault:
    return create_vault(root, way_out="direct", operator="JS", encrypted="not measured")


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return made(tmp_path_factory.mktemp("vaults") / "linden")


def everything_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_a_new_vault_holds_its_settings_catalogue_and_folders(vault: Vault) -> None:
    assert everything_in(vault.root) == {"lantern.toml", "catalogue.db", "evidence", "spool"}
    assert vault.root.stat().st_mode & 0o777 == 0o700
    assert open_vault(vault.root).settings == vault.settings
    assert (vault.id[:2], vault.settings.egress.way_out, vault.settings.defaults.operator) == (
        "v-",
        "direct",
        "JS",
    )


def test_the_parts_lie_where_the_design_puts_them(vault: Vault) -> None:
    parts = (vault.evidence, vault.spool, vault.restricted, vault.derived, vault.index)
    assert [part.relative_to(vault.root).as_posix() for part in parts] == [
        "evidence",
        "spool",
        "restricted.db",
        "derived.db",
        "index",
    ]
    assert vault.settings_path == vault.root / "lantern.toml"
    assert vault.catalogue_url == sqlite_url(vault.root / "catalogue.db")


def test_the_settings_may_name_another_database(tmp_path: Path) -> None:
    vault = made(tmp_path / "linden")
    elsewhere = sqlite_url(tmp_path / "elsewhere.db")
    change_setting(vault.settings_path, "database", "url", elsewhere)
    assert open_vault(vault.root).catalogue_url == elsewhere
    with pytest.raises(CatalogueDamaged, match=r"no catalogue at .*elsewhere\.db"):
        open_vault(vault.root).catalogue()


def test_a_vault_is_made_in_an_empty_folder_that_exists(tmp_path: Path) -> None:
    assert made(tmp_path).root == tmp_path
    assert (tmp_path / "lantern.toml").is_file()


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(VaultExists, match=r"is not empty \(letter\.txt …\)\. Name an empty or new"):
        made(tmp_path)
    assert everything_in(tmp_path) == {"letter.txt"}


def test_a_vault_is_not_made_over_another(tmp_path: Path) -> None:
    first = made(tmp_path / "linden")
    with pytest.raises(VaultExists, match="already holds a vault"):
        made(first.root)
    assert open_vault(first.root).id == first.id


def test_a_file_in_the_place_of_the_folder_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "linden").write_text("mine")
    with pytest.raises(VaultUnwritable, match="cannot be made a vault: File exists"):
        made(tmp_path / "linden")
    with pytest.raises(VaultUnwritable, match="cannot be made a vault: Not a directory"):
        made(tmp_path / "linden" / "deeper")
    assert (tmp_path / "linden").read_text() == "mine"


@contextmanager
def unprivileged() -> Iterator[None]:
    """Acts as nobody in particular where the tests run as root, whom no permission stops."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_may_not_be_written_is_one_clear_line() -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are for their owner alone
        Path(name).chmod(0o555)
        with unprivileged(), pytest.raises(VaultUnwritable, match="Permission denied") as refusal:
            made(Path(name) / "linden")
        assert "Name a folder that you may write in: lantern init DIR" in refusal.value.says
        assert list(Path(name).iterdir()) == []


FAULTS: list[tuple[str, BaseException, type[BaseException]]] = [
    ("open_catalogue", CatalogueUnusable("full"), CatalogueUnusable),
    ("open_catalogue", KeyboardInterrupt(), KeyboardInterrupt),
    ("write_settings", OSError(28, "No space left on device"), VaultUnwritable),
    ("write_settings", RuntimeError("a bug"), RuntimeError),
]


@pytest.mark.parametrize("existed", [True, False], ids=["in an empty folder", "in a new folder"])
@pytest.mark.parametrize(("part", "fault", "error"), FAULTS, ids=lambda each: repr(each)[:40])
def test_a_vault_is_made_whole_or_not_at_all(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    fault: BaseException,
    error: type[BaseException],
    existed: bool,
) -> None:
    root = tmp_path / "a" / "b" / "linden"
    if existed:
        root.mkdir(parents=True)

    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(module, part, fail)
    with pytest.raises(error):
        made(root)
    assert everything_in(tmp_path) == ({"a", "a/b", "a/b/linden"} if existed else set())


def test_the_settings_file_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[set[str]] = []
    write = module.write_settings

    def look(path: Path, settings: Any) -> None:
        held.append(everything_in(path.parent))
        write(path, settings)

    monkeypatch.setattr(module, "write_settings", look)
    made(tmp_path / "linden")
    assert held == [{"catalogue.db", "evidence", "spool"}]


def test_a_vault_is_found_from_any_folder_inside_it(vault: Vault) -> None:
    deep = vault.root / "evidence"
    assert find_vault(None, {}, deep).root == vault.root.resolve()
    assert find_vault(None, {}, vault.root).root == vault.root.resolve()


def test_the_option_comes_before_the_environment_and_that_before_the_folder(
    tmp_path: Path,
) -> None:
    here, variable, option = (made(tmp_path / name) for name in ("here", "variable", "option"))
    environment = {"LANTERN_VAULT": str(variable.root)}
    assert find_vault(str(option.root), environment, here.root).id == option.id
    assert find_vault(None, environment, here.root).id == variable.id
    assert find_vault(None, {"LANTERN_VAULT": ""}, here.root).id == here.id


def test_the_nearest_vault_upward_is_the_one_meant(tmp_path: Path) -> None:
    outer = made(tmp_path / "outer")
    inner = made(outer.root / "spool" / "inner")
    assert find_vault(None, {}, inner.root / "evidence").id == inner.id
    assert find_vault(None, {}, outer.root / "spool").id == outer.id


def test_a_named_vault_that_is_none_is_not_looked_for_elsewhere(
    vault: Vault, tmp_path: Path
) -> None:
    with pytest.raises(VaultMissing, match=r"There is no vault at .*nowhere\. Make one: lantern"):
        find_vault(str(tmp_path / "nowhere"), {"LANTERN_VAULT": str(vault.root)}, vault.root)


def test_no_vault_at_all_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(VaultMissing, match="Name one with --vault DIR, or make one: lantern init"):
        find_vault(None, {}, tmp_path)


def test_a_vault_of_a_newer_format_is_refused_and_not_touched(tmp_path: Path) -> None:
    vault = made(tmp_path / "linden")
    path = vault.settings_path
    path.write_text(path.read_text().replace("[vault]", "[vault]\nformat = 2\nshape = 'new'"))
    before = path.read_bytes()
    with pytest.raises(NewerVault, match=r"has format 2; this program knows up to 1\."):
        open_vault(vault.root)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (b"", "vault"),
        (b"[vault\n", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        (b"[vault]\nid = 3\n", "vault.id"),
        (b"[vault]\nid = 'v-1'\n[egres]\nway_out = 'direct'\n", "Did you mean 'egress'"),
    ],
    ids=["empty", "half a line", "not UTF-8", "wrong type", "misspelt"],
)
def test_spoilt_settings_are_one_clear_line(tmp_path: Path, spoil: bytes, says: str) -> None:
    vault = made(tmp_path / "linden")
    vault.settings_path.write_bytes(spoil)
    with pytest.raises(SettingsError) as refusal:
        open_vault(vault.root)
    assert says in refusal.value.says
    assert "\n" not in refusal.value.says


def test_settings_that_may_not_be_read_are_one_clear_line(vault: Vault) -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        settings = Path(name) / "lantern.toml"
        settings.write_bytes(vault.settings_path.read_bytes())
        settings.chmod(0)
        with unprivileged(), pytest.raises(SettingsError, match="cannot be read: Permission"):
            open_vault(Path(name))


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    lock = tmp_path / "spool" / "j-1.lock"
    with held_alone(lock) as first, held_alone(lock) as second:
        assert (first, second) == (True, False)
        with held_alone(tmp_path / "spool" / "j-2.lock") as other:
            assert other
    with held_alone(lock) as again:
        assert again


def test_a_lock_is_let_go_where_its_block_raises(tmp_path: Path) -> None:
    lock = tmp_path / "j-1.lock"
    with pytest.raises(ZeroDivisionError), held_alone(lock):
        raise ZeroDivisionError
    with held_alone(lock) as free:
        assert free


HOLD = """
import sys, time
from pathlib import Path
from cases.vault import held_alone
with held_alone(Path(sys.argv[1])) as free:
    print(free, flush=True)
    time.sleep(600)
"""


@pytest.mark.promise("P-3")
@pytest.mark.parametrize(
    "end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name
)
def test_a_lock_ends_with_its_process_however_it_ends(tmp_path: Path, end: signal.Signals) -> None:
    lock = tmp_path / "j-1.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        with held_alone(lock) as free:
            assert not free
        holder.send_signal(end)
        holder.wait()
        with held_alone(lock) as free:
            assert free


def test_a_lock_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("no folder")
    with (
        pytest.raises(VaultUnwritable, match=r"The lock .* cannot be taken: "),
        held_alone(tmp_path / "spool" / "j-1.lock"),
    ):
        pass
