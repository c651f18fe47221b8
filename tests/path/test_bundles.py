"""Exhibit bundles: what leaves, that it verifies by itself, and that no tampering passes."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from lantern_rig import ROOT, Lantern
from PIL import Image

from cases.canonical import canonical
from evidence.destinations import DestinationRefused, checked_destination
from evidence.verifier import check_bundle

pytestmark = pytest.mark.xdist_group("bundles")  # one vault and its exports for the module

CASE = ("--title", "A test", "--template", "research", "--urn", "12AB3456726")
NO_WORK = ("--no-work", "--json")
PURPOSE = "To see who sells the counterfeit kites"
OFFICER = "Inspector Marlow Tench"


@dataclass(frozen=True)
class Made:
    """A vault with exhibits: JS/1 is a page that later failed, JS/2 a page, JS/3 a picture."""

    lantern: Lantern
    captures: dict[str, str]
    root: Path


@pytest.fixture(scope="module")
def made(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("bundles")
    pages = root / "pages"
    pages.mkdir()
    (pages / "one.html").write_text("<!doctype html><title>One</title><p>Kites for sale.</p>")
    (pages / "two.html").write_text("<!doctype html><title>Two</title><p>More kites.</p>")
    drawn = io.BytesIO()
    Image.effect_noise((64, 48), 90).save(drawn, "PNG")
    (pages / "kite.png").write_bytes(drawn.getvalue())
    lantern = Lantern(root / "vault", root / "keys")
    name = ("--operator", "JS", "--name", "Jo Smith", "--egress", "direct")
    lantern.ok("init", str(lantern.vault), *name)
    lantern.ok("case", "open", "LINDEN", *CASE)
    lantern.ok("use", "LINDEN")
    server, address = served(shared, pages, root)
    granted = ("--purpose", PURPOSE, "--granted-by", OFFICER)
    lantern.ok("authority", "add", "--scope", address, *granted)
    first = collect(lantern, address, "/one.html", "/two.html", "/kite.png")
    lantern.ok("show", first["/one.html"])
    server.terminate()
    server.wait(timeout=10)
    assert server.stdout is not None
    server.stdout.close()
    again = collect(lantern, address, "/one.html")
    lantern.ok("work")
    for path in ("/one.html", "/two.html", "/kite.png"):
        lantern.ok("exhibit", "make", first[path], "--description", f"What {path} held")
    return Made(lantern, {**first, "failed": again["/one.html"]}, root)


def served(shared: Path, pages: Path, root: Path) -> tuple[subprocess.Popen[str], str]:
    server = subprocess.Popen(
        [
            *(sys.executable, str(shared / "testsite" / "serve_site.py")),
            *("--root", str(pages), "--bind", "127.0.0.1:0", "--log", str(root / "hits.jsonl")),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    first = json.loads(server.stdout.readline())["listen"][0]
    return server, f"{first['address']}:{first['port']}"


def collect(lantern: Lantern, address: str, *paths: str) -> dict[str, str]:
    urls = [f"http://{address}{path}" for path in paths]
    done = lantern("collect", *urls, "--delay", "0", "--allow-address", address, *NO_WORK)
    found = {
        c["url"].removeprefix(f"http://{address}"): c["capture"] for c in done.json["captures"]
    }
    assert set(found) == set(paths), done.err
    return found


@pytest.fixture(scope="module")
def exported(made: Made) -> Path:
    """The bundle of the two pages, which hold no picture: it leaves in clear."""
    to = made.root / "bundle"
    left = made.lantern.ok("export", "LINDEN", "--exhibits", "JS/1,JS/2", "--to", str(to))
    assert (left["bundle"], left["encrypted"], left["withheld"]) == (str(to), False, 1)
    assert left["sha256"] == sha256((to / "SHA256SUMS").read_bytes()).hexdigest()
    return to


@pytest.fixture
def bundle(exported: Path, tmp_path: Path) -> Path:
    """This test's own copy of it."""
    return Path(shutil.copytree(exported, tmp_path / "copy"))


def python38() -> str:
    """The oldest Python from 3.8 that is there."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    fit = sorted(root.glob("3.[89].*/bin/python")) + sorted(root.glob("3.1?.*/bin/python"))
    return str(fit[0]) if fit else sys.executable


def verified(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """The bundle's own verify.py, run as a stranger would."""
    return subprocess.run(
        [python38(), "-W", "error", folder / "verify.py", *more],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )


def failures(folder: Path) -> set[str]:
    return {check.kind for check in check_bundle(str(folder)) if check.says is not None}


# ---- what leaves


@pytest.mark.promise("P-19")
@pytest.mark.standard("CAP-6")
def test_a_bundle_verifies_by_its_own_program_and_by_lantern(
    made: Made, exported: Path, bundle: Path
) -> None:
    key = re.search(r"--key ([0-9a-f]{64})", (exported / "HOW-TO-VERIFY.md").read_text())
    assert key is not None
    done = verified(bundle, "--key", key[1])
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "THE BUNDLE HOLDS" in done.stdout
    assert "What this does not prove" in done.stdout
    assert all(line.startswith("ok") for line in done.stdout.splitlines()[:20])
    assert verified(bundle, "--key", "0" * 64).returncode == 1
    for lantern in (made.lantern, replace(made.lantern, vault=bundle / "no-vault")):
        told = lantern.ok("verify", str(bundle))
        assert (told["ok"], told["captures"], told["problems"]) == (True, 2, [])


@pytest.mark.standard("CAP-6")
def test_a_bundle_is_a_valid_bag_and_its_warcs_pass_warcio(bundle: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bagit's own: pkg_resources
        import bagit
    assert bagit.Bag(str(bundle)).validate()
    for warc in bundle.glob("data/exhibits/*/capture.warc.gz"):
        done = subprocess.run(
            [Path(sys.executable).with_name("warcio"), "check", "-v", warc],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        assert "digest pass" in done.stdout


def test_the_members_are_copied_byte_for_byte(made: Made, bundle: Path) -> None:
    files = [file.read_bytes() for file in made.lantern.vault.glob("evidence/*/*/*.warc.gz")]
    for folder in bundle.glob("data/exhibits/*"):
        slice_ = (folder / "capture.warc.gz").read_bytes()
        manifest = json.loads((folder / "manifest.json").read_bytes())
        at = manifest["warcinfo"]["member_bytes"]
        assert any(file.startswith(slice_[:at]) for file in files)
        assert any(slice_[at:] in file for file in files)


@pytest.mark.standard("CAP-2")
@pytest.mark.promise("P-10")
def test_nothing_restricted_is_in_a_bundle(made: Made, bundle: Path) -> None:
    import getpass

    secrets = [PURPOSE, OFFICER, socket.gethostname(), getpass.getuser(), "direct", "LINDEN/1"]
    where: dict[str, set[str]] = {}
    for file in sorted(path for path in bundle.rglob("*") if path.is_file()):
        raw = file.read_bytes()
        raw = gzip.decompress(raw) if file.suffix == ".gz" else raw
        name = file.relative_to(bundle).as_posix()
        for secret in secrets[:3] + secrets[4:]:
            said = raw.replace(b"redirect", b"").replace(b"directly", b"")
            if re.search(rb"(?<![\w-])" + re.escape(secret.encode()) + rb"(?![\w-])", said):
                where.setdefault(secret, set()).add(name)
        if b"Jo Smith" in raw:
            where.setdefault("the producer", set()).add(re.sub(r"JS_\d", "JS_n", name))
    assert where.keys() == {"the producer"}
    assert where["the producer"] == {
        "data/exhibits/JS_n/exhibit.json",
        "data/exhibits/JS_n/label.html",
        "data/lists/exhibits.csv",
        "data/lists/exhibits.html",
        "data/lists/witnesses.csv",
        "data/lists/witnesses.html",
        "data/statements/statement-JS.html",
    }


def test_the_report_lists_the_failed_attempt_as_withheld(made: Made, bundle: Path) -> None:
    report = json.loads((bundle / "data/exhibits/JS_1/others.json").read_bytes())
    told = [(row["capture"], row["outcome"], row["held"]) for row in report["captures"]]
    assert told == [
        (made.captures["/one.html"], "complete", "this exhibit"),
        (made.captures["failed"], "failed", "withheld"),
    ]


@pytest.mark.promise("P-20")
def test_an_export_is_a_disclosure_on_the_ledger_and_the_vault_still_verifies(
    made: Made, exported: Path
) -> None:
    entries = made.lantern.ok("ledger", "list", "--limit", "500")["entries"]
    lines = [e for e in entries if e["act"] == "exhibit.export"]
    assert {(e["s62"], e["auth"]) for e in lines} == {("disclosure", "signed")}
    assert "JS/1, JS/2" in lines[0]["texts"]["reason"]
    assert made.lantern.ok("verify")["problems"] == []


# ---- instructions


def commands(folder: Path, language: str) -> list[str]:
    text = (folder / "HOW-TO-VERIFY.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.standard("CAP-6")
def test_every_shell_command_of_the_instructions_holds_as_it_is_written(bundle: Path) -> None:
    found = commands(bundle, "sh")
    assert len(found) == 6
    for command in found:
        done = subprocess.run(
            ["sh", "-euc", command], cwd=bundle, capture_output=True, text=True, check=False
        )
        if "openssl" in command and "rawin" in done.stderr:
            pytest.skip("this openssl cannot check Ed25519 (needs 3.0 or later)")
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    digest = sha256((bundle / "data/exhibits/JS_1/manifest.json").read_bytes()).hexdigest()
    whole = subprocess.run(
        ["sh", "-euc", found[2]], cwd=bundle, capture_output=True, text=True, check=True
    )
    assert digest in whole.stdout


@pytest.mark.standard("CAP-6")
def test_the_shell_commands_find_a_changed_file_and_a_changed_seal(bundle: Path) -> None:
    (bundle / "data/exhibits/JS_1/manifest.json").write_bytes(b"{}")
    (bundle / "data/by-hand/JS_1/seal.message").write_bytes(b"another")
    (bundle / "data/by-hand/checkpoint.message").write_bytes(b"another")
    codes = [
        subprocess.run(
            ["sh", "-euc", each], cwd=bundle, capture_output=True, check=False
        ).returncode
        for each in commands(bundle, "sh")
    ]
    assert [code != 0 for code in codes] == [True, True, False, True, True, False]


@pytest.mark.standard("CAP-6")
def test_the_powershell_commands_hold_where_powershell_is(bundle: Path) -> None:
    shell = shutil.which("pwsh")
    if shell is None:
        pytest.skip("needs PowerShell (pwsh), which is not on this machine")
    (command,) = commands(bundle, "powershell")
    done = subprocess.run(
        [shell, "-NoProfile", "-Command", command], cwd=bundle, capture_output=True, text=True
    )
    assert "0 files are missing or differ" in done.stdout


# ---- tampering

Change = Callable[[Path], None]


def rehash(bundle: Path, *, contents: bool = True) -> None:
    """What a careful forger does after a change: every list made anew, bundle.json's too."""
    document = json.loads((bundle / "data/bundle.json").read_bytes())
    if contents:
        files = {
            name: sha256((bundle / name).read_bytes()).hexdigest()
            for name in document["files"]
            if (bundle / name).is_file()
        }
        (bundle / "data/bundle.json").write_bytes(canonical({**document, "files": files}))
    names = sorted(p.relative_to(bundle).as_posix() for p in bundle.rglob("*") if p.is_file())

    def listed(chosen: list[str]) -> bytes:
        return "".join(
            f"{sha256((bundle / name).read_bytes()).hexdigest()}  {name}\n" for name in chosen
        ).encode()

    tag = "tagmanifest-sha256.txt"
    payload = [name for name in names if name.startswith("data/")]
    (bundle / "manifest-sha256.txt").write_bytes(listed(payload))
    sums = [name for name in names if name not in ("SHA256SUMS", tag)]
    (bundle / "SHA256SUMS").write_bytes(listed(sums))
    tags = [name for name in names if not name.startswith("data/") and name != tag]
    (bundle / tag).write_bytes(listed(tags))


def test_a_forgers_lists_alone_change_nothing(bundle: Path) -> None:
    rehash(bundle)
    assert failures(bundle) == set()


def edit(name: str, change: Callable[[Any], Any]) -> Change:
    """A JSON document of the bundle, changed and written in canonical form."""

    def run(bundle: Path) -> None:
        path = bundle / name
        document = json.loads(path.read_bytes())
        path.write_bytes(canonical(change(document)))

    return run


def without(document: Any, *path: Any) -> Any:
    at = document
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]
    return document


def put(document: Any, value: Any, *path: Any) -> Any:
    at = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return document


def objects(document: Any, kind: str) -> Any:
    return next(each for each in document["objects"] if each["object"]["kind"] == kind)


def leave_out(kind: str, place: int) -> Callable[[Any], Any]:
    """A history from which a forger leaves out one line of an object."""

    def change(document: Any) -> Any:
        del objects(document, kind)["leaves"][place]
        return document

    return change


def swapped(document: Any) -> Any:
    leaves = objects(document, "address")["leaves"]
    leaves[0], leaves[1] = leaves[1], leaves[0]
    return document


def swap_files(one: str, other: str) -> Change:
    def run(bundle: Path) -> None:
        a, b = (bundle / one).read_bytes(), (bundle / other).read_bytes()
        (bundle / one).write_bytes(b)
        (bundle / other).write_bytes(a)

    return run


def text(name: str, old: str, new: str) -> Change:
    def run(bundle: Path) -> None:
        held = (bundle / name).read_text(encoding="utf-8")
        assert old in held
        (bundle / name).write_text(held.replace(old, new), encoding="utf-8")

    return run


def reorder_warc(bundle: Path) -> None:
    folder = bundle / "data/exhibits/JS_1"
    manifest = json.loads((folder / "manifest.json").read_bytes())
    sizes = [manifest["warcinfo"]["member_bytes"]]
    sizes += [record["member_bytes"] for record in manifest["records"]]
    raw, parts = (folder / "capture.warc.gz").read_bytes(), []
    for size in sizes:
        parts.append(raw[:size])
        raw = raw[size:]
    parts[1], parts[2] = parts[2], parts[1]
    (folder / "capture.warc.gz").write_bytes(b"".join(parts) + raw)


def another_key(bundle: Path) -> None:
    """All signed anew with a vault key of the forger's own."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    document = json.loads((bundle / "data/bundle.json").read_bytes())
    for each in document["keys"]:
        if each["owner"] == document["vault"]:
            each["public"], each["key"] = public.hex(), sha256(public).hexdigest()
    (bundle / "data/bundle.json").write_bytes(canonical(document))


ONE = "data/exhibits/JS_1"
FORGED: dict[str, tuple[Change, set[str]]] = {
    "a label edited": (text(f"{ONE}/label.html", "12AB3456726", "99XX"), {"exhibit-disclosure"}),
    "a statement edited": (
        text("data/statements/statement-JS.html", "unattended", "before my eyes"),
        {"exhibit-disclosure"},
    ),
    "the list of exhibits edited": (
        text("data/lists/exhibits.csv", "Jo Smith", "Al Brown"),
        {"exhibit-disclosure"},
    ),
    "a manifest swapped": (
        swap_files(f"{ONE}/manifest.json", "data/exhibits/JS_2/manifest.json"),
        {"exhibit-manifest"},
    ),
    "two WARCs swapped": (
        swap_files(f"{ONE}/capture.warc.gz", "data/exhibits/JS_2/capture.warc.gz"),
        {"exhibit-warc"},
    ),
    "records in another order": (reorder_warc, {"exhibit-warc"}),
    "a failed attempt left out of the report": (
        edit(f"{ONE}/others.json", lambda d: without(d, "captures", 1)),
        {"exhibit-address"},
    ),
    "a failed attempt called complete": (
        edit(f"{ONE}/others.json", lambda d: put(d, "complete", "captures", 1, "outcome")),
        {"exhibit-disclosure"},
    ),
    "a failed attempt given another digest": (
        edit(f"{ONE}/others.json", lambda d: put(d, "0" * 64, "captures", 1, "manifest_sha256")),
        {"exhibit-address"},
    ),
    "a failed attempt given another name": (
        edit(f"{ONE}/others.json", lambda d: put(d, "x-" + "a" * 16, "captures", 1, "capture")),
        {"exhibit-address"},
    ),
    "a failed attempt left out of the history": (
        edit(f"{ONE}/history.json", leave_out("address", 2)),
        {"exhibit-history"},
    ),
    "an access left out": (
        edit(f"{ONE}/history.json", leave_out("capture", 1)),
        {"exhibit-history"},
    ),
    "the newest line left out": (
        edit(f"{ONE}/history.json", leave_out("exhibit", -1)),
        {"exhibit-history"},
    ),
    "two lines in another order": (edit(f"{ONE}/history.json", swapped), {"exhibit-history"}),
    "a history gone": (
        edit(f"{ONE}/history.json", lambda d: without(d, "objects", 2)),
        {"exhibit-history"},
    ),
    "a line changed": (
        edit(
            f"{ONE}/history.json",
            lambda d: put(
                d, d["leaves"][1]["leaf"].replace("access", "verify"), "leaves", 1, "leaf"
            ),
        ),
        {"exhibit-history"},
    ),
    "the record's description changed": (
        edit(f"{ONE}/exhibit.json", lambda d: put(d, "Another thing", "description")),
        {"exhibit-making"},
    ),
    "the continuity shortened": (
        edit(f"{ONE}/exhibit.json", lambda d: without(d, "continuity", 1)),
        {"exhibit-making"},
    ),
    "the record given another digest": (
        edit(f"{ONE}/exhibit.json", lambda d: put(d, "0" * 64, "manifest_sha256")),
        {"exhibit-record"},
    ),
    "no exhibit at all": (
        edit("data/bundle.json", lambda d: put(d, [], "exhibits")),
        {"bundle-contents"},
    ),
    "one exhibit twice": (
        edit("data/bundle.json", lambda d: put(d, [d["exhibits"][0]] * 2, "exhibits")),
        {"bundle-contents"},
    ),
    "another address opened": (
        edit(
            f"{ONE}/history.json",
            lambda d: put(d, objects(d, "capture")["object"], "objects", 2, "object"),
        ),
        {"exhibit-history"},
    ),
    "the case of another bundle": (
        edit("data/ledger.json", lambda d: put(d, "c-" + "a" * 16, "case", "object", "id")),
        {"bundle-checkpoint"},
    ),
    "an exhibit left out of bundle.json": (
        edit("data/bundle.json", lambda d: without(d, "exhibits", 0)),
        {"exhibit-disclosure"},
    ),
    "another vault's key": (another_key, {"bundle-checkpoint"}),
    "a key planted": (
        edit("data/bundle.json", lambda d: put(d, "p-" + "a" * 16, "keys", 0, "owner")),
        {"exhibit-signatures"},
    ),
    "the checkpoint of another size": (
        text("data/ledger.json", "checkpoint", "checkpoint "),
        {"bundle-checkpoint"},
    ),
    "a message for checks by hand changed": (
        lambda b: (b / "data/by-hand/JS_1/seal.message").write_bytes(b"x") and None,
        {"bundle-by-hand"},
    ),
    "a file added to the payload": (
        lambda b: (b / "data/extra.txt").write_bytes(b"x") and None,
        {"bundle-contents"},
    ),
    "a file with an odd name added": (
        lambda b: (b / "data/п\u202e\n.txt").write_bytes(b"x") and None,
        {"bundle-contents"},
    ),
    "a program beside verify.py": (
        lambda b: (b / "json.py").write_bytes(b"raise SystemExit(0)") and None,
        {"bundle-tags"},
    ),
    "the instructions edited": (
        text("HOW-TO-VERIFY.md", "What to compare first", "Nothing need be compared"),
        {"exhibit-disclosure"},
    ),
    "verify.py edited": (
        lambda b: (b / "verify.py").write_bytes((b / "verify.py").read_bytes() + b"#") and None,
        {"exhibit-disclosure"},
    ),
}


@pytest.mark.promise("P-19")
@pytest.mark.parametrize(("change", "kinds"), FORGED.values(), ids=FORGED)
def test_a_forgery_with_every_list_made_anew_is_found(
    bundle: Path, change: Change, kinds: set[str]
) -> None:
    change(bundle)
    rehash(bundle)
    found = failures(bundle)
    assert kinds <= found
    done = verified(bundle)
    assert (done.returncode, done.stderr) == (1, ""), done.stdout


def test_a_reader_who_goes_away_gets_no_traceback(bundle: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"{python38()}" verify.py | head -c 1'],
        cwd=bundle,
        capture_output=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (b"o", b"")


def test_a_flip_in_any_file_and_the_loss_of_any_file_is_found(bundle: Path) -> None:
    for path in sorted(p for p in bundle.rglob("*") if p.is_file()):
        raw = path.read_bytes()
        changed = bytearray(raw)
        changed[len(raw) // 2] ^= 0x08
        path.write_bytes(changed)
        assert failures(bundle), f"a flip in {path.name}"
        path.unlink()
        assert failures(bundle), f"without {path.name}"
        path.write_bytes(raw)
    assert failures(bundle) == set()


def test_a_flip_in_a_gzip_header_is_found_behind_lists_made_anew(bundle: Path) -> None:
    path = bundle / ONE / "capture.warc.gz"
    raw = bytearray(path.read_bytes())
    raw[9] ^= 0x01  # the header's system byte: what is inflated stays the same
    path.write_bytes(raw)
    rehash(bundle)
    assert "exhibit-warc" in failures(bundle)


HOSTILE = {
    "a list of another place": ("SHA256SUMS", b"0" * 64 + b"  ../../../etc/passwd\n"),
    "a list of bytes": ("manifest-sha256.txt", bytes(range(256))),
    "an empty list": ("SHA256SUMS", b""),
    "deep nesting": ("data/bundle.json", b"[" * 100_000),
    "a document of another kind": ("data/bundle.json", b'"text"'),
    "exhibits that are numbers": ("data/bundle.json", b'{"exhibits":[1],"format":"x"}'),
    "a ledger of nothing": ("data/ledger.json", b"{}"),
    "a history of nothing": (f"{ONE}/history.json", b"null"),
    "a WARC that is none": (f"{ONE}/capture.warc.gz", b"\x1f\x8b" + b"\0" * 400_000),
    "an empty WARC": (f"{ONE}/capture.warc.gz", b""),
}


@pytest.mark.parametrize(("name", "raw"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_a_failed_check_and_never_a_traceback(
    bundle: Path, name: str, raw: bytes
) -> None:
    (bundle / name).write_bytes(raw)
    done = verified(bundle)
    assert (done.returncode, done.stderr) == (1, "")
    assert "FAIL" in done.stdout


@pytest.mark.parametrize("value", [None, 0, -1, 2**60, "", "x" * 70, [], {}, [[]], "\ud800"])
def test_no_value_in_any_member_brings_it_down(bundle: Path, value: object) -> None:
    for name in ("data/bundle.json", "data/ledger.json", *FORMS):
        path = bundle / name
        raw = path.read_bytes()
        for place in places(json.loads(raw)):
            document = json.loads(raw)
            put(document, value, *place)
            path.write_text(json.dumps(document))
            checks = check_bundle(str(bundle))
            assert any(check.says for check in checks), (name, place)
            assert all("malformed" not in (c.says or "") or "(" in str(c.says) for c in checks)
        path.write_bytes(raw)


FORMS = [f"{ONE}/exhibit.json", f"{ONE}/others.json"]


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The first levels of a document: enough to reach every member that is read."""
    items = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for key, inner in items:
        yield (*path, key)
        if len(path) < 1 and not (path == () and key == "files"):
            yield from places(inner, (*path, key))


# ---- refusals and encryption


@pytest.mark.promise("P-20")
def test_covered_material_is_refused_without_a_recipient(made: Made, tmp_path: Path) -> None:
    done = made.lantern("export", "LINDEN", "--exhibits", "JS/1,JS/3", "--to", str(tmp_path / "x"))
    assert done.code == 1
    assert "leaves encrypted or not at all. Name who may open it: --recipient" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.promise("P-20")
def test_an_encrypted_bundle_opens_with_age_and_leaves_nothing_in_clear(
    made: Made, tmp_path: Path
) -> None:
    import pyrage

    secret = pyrage.x25519.Identity.generate()
    (tmp_path / "key.txt").write_text(f"{secret}\n")
    (tmp_path / "counsel.pub").write_text(f"# counsel\n{secret.to_public()}\n")
    to = tmp_path / "out" / "bundle"
    to.parent.mkdir()
    left = made.lantern.ok(
        *("export", "LINDEN", "--exhibits", "JS/3", "--to", str(to)),
        *("--recipient", str(tmp_path / "counsel.pub")),
    )
    assert left["encrypted"] is True
    assert left["covered"] >= 1
    assert {path.name for path in to.iterdir()} == {"README.txt", "SHA256SUMS", "bundle.tar.age"}
    assert left["sha256"] == sha256((to / "bundle.tar.age").read_bytes()).hexdigest()
    subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=to, check=True)
    assert list(to.parent.iterdir()) == [to]
    clear = to / "README.txt"
    assert b"LINDEN" not in clear.read_bytes()
    told = made.lantern("verify", str(to), "--json")
    assert told.code == 1
    assert "decrypt it first" in told.json["problems"][0]["says"]
    opened = tmp_path / "opened"
    opened.mkdir()
    decrypted = decrypt(to / "bundle.tar.age", tmp_path / "key.txt")
    subprocess.run(["tar", "-x", "-C", str(opened)], input=decrypted, check=True)
    assert failures(opened / "bundle") == set()
    done = verified(opened / "bundle")
    assert done.returncode == 0, done.stdout


def decrypt(path: Path, key: Path) -> bytes:
    if shutil.which("age"):
        done = subprocess.run(
            ["age", "-d", "-i", str(key), str(path)], capture_output=True, check=True
        )
        return done.stdout
    import pyrage

    identity = pyrage.x25519.Identity.from_str(key.read_text().strip())
    opened: bytes = pyrage.decrypt(path.read_bytes(), [identity])
    return opened


REFUSED_RECIPIENTS = {
    "not a key": ("age1notakey", "is not a public key"),
    "a secret key": ("AGE-SECRET-KEY-1" + "Q" * 58, "a secret key, which must stay"),
    "no such file": ("nowhere.txt", "nor a file of them"),
    "a folder": (".", "nor a file of them"),
}


@pytest.mark.parametrize(("named", "says"), REFUSED_RECIPIENTS.values(), ids=REFUSED_RECIPIENTS)
def test_a_recipient_that_is_none_is_refused_and_a_secret_is_not_repeated(
    made: Made, tmp_path: Path, named: str, says: str
) -> None:
    done = made.lantern(
        *("export", "LINDEN", "--exhibits", "JS/1", "--to", str(tmp_path / "x")),
        *("--recipient", named),
    )
    assert done.code == 2
    assert says in done.err
    assert "QQQQ" not in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_destination_in_use_or_inside_vault_or_keys_is_refused(
    made: Made, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(made.lantern.vault)
    (tmp_path / "ring").symlink_to(tmp_path / "ring")
    before = sorted(p for p in made.lantern.vault.rglob("*") if p.suffix != ".db-wal")
    for to, says in (
        (tmp_path / "full", "is not an empty folder"),
        (tmp_path / "file", "is not an empty folder"),
        (made.lantern.vault / "out", "lies inside"),
        (made.lantern.keys / "out", "lies inside"),
        (tmp_path / "link" / "out", "lies inside"),
        (made.root, "is, holds or lies inside"),
        (tmp_path / "ring" / "out", ""),
        (tmp_path / "no" / "where", "There is no folder"),
    ):
        done = made.lantern("export", "LINDEN", "--exhibits", "JS/1", "--to", str(to))
        assert done.code == 1
        assert says in done.err
        assert len(done.err.splitlines()) == 1
    for odd in ("A" * 70_000, str(tmp_path / ("A" * 300))):
        done = made.lantern("export", "LINDEN", "--exhibits", "JS/1", "--to", odd)
        assert done.code == 1
        assert "cannot be" in done.err or "could not be written" in done.err
        assert len(done.err.splitlines()) == 1
    assert (tmp_path / "full" / "x").read_text() == "mine"
    after = sorted(p for p in made.lantern.vault.rglob("*") if p.suffix != ".db-wal")
    assert before == after


def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(DestinationRefused, match="cannot be a folder"):
        checked_destination(Path("x\0y"), [])


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("JS/9", "no exhibit JS/9. There are: JS/1"),
        ("js", "not an exhibit reference"),
        (",", "Name"),
    ],
)
def test_an_exhibit_that_is_not_there_is_refused(
    made: Made, tmp_path: Path, named: str, says: str
) -> None:
    done = made.lantern("export", "LINDEN", "--exhibits", named, "--to", str(tmp_path / "x"))
    assert done.code in (1, 2)
    assert says in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_leaves_nothing_half_made_and_the_failure_on_record(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evidence.bundle_sinks import FolderSink

    whole = FolderSink.write

    def full(self: FolderSink, path: str, size: int, pieces: Any) -> None:
        if path.endswith("ledger.json"):
            raise OSError(28, "No space left on device")
        whole(self, path, size, pieces)

    monkeypatch.setattr(FolderSink, "write", full)
    done = made.lantern("export", "LINDEN", "--exhibits", "JS/1", "--to", str(tmp_path / "x"))
    assert done.code == 1
    assert "No space left on device" in done.err
    assert list(tmp_path.iterdir()) == []
    acts = [e["act"] for e in made.lantern.ok("ledger", "list")["entries"]]
    assert "export.failed" in acts


DIES = """
import os, sys
from evidence import destinations
destinations._settle = lambda *_: os._exit(9)
from desk.cli import main
main(sys.argv[1:])
"""


@pytest.mark.promise("P-3")
@pytest.mark.promise("P-20")
def test_a_program_killed_before_the_bundle_is_in_place_leaves_the_disclosure_on_record(
    made: Made, tmp_path: Path
) -> None:
    vault = Path(shutil.copytree(made.lantern.vault, tmp_path / "vault"))
    lantern = replace(made.lantern, vault=vault)
    to = tmp_path / "out"
    words = ("export", "LINDEN", "--exhibits", "JS/2", "--to", str(to))
    acts = [e["act"] for e in lantern.ok("ledger", "list", "--limit", "500")["entries"]]
    before = acts.count("exhibit.export")
    done = subprocess.run(
        [sys.executable, "-c", DIES, *words],
        env=lantern.env(),
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, to.exists()) == (9, False)
    acts = [e["act"] for e in lantern.ok("ledger", "list", "--limit", "500")["entries"]]
    assert acts.count("exhibit.export") == before + 1
    assert lantern.ok(*words)["exhibits"] == ["JS/2"]
    assert lantern.ok("verify")["problems"] == []


def test_damaged_evidence_is_never_exported(made: Made, tmp_path: Path) -> None:
    vault = Path(shutil.copytree(made.lantern.vault, tmp_path / "vault"))
    (tmp_path / "out").mkdir()
    for warc in vault.glob("evidence/*/*/*.warc.gz"):
        raw = bytearray(warc.read_bytes())
        raw[9] ^= 1  # the warcinfo's gzip header
        warc.write_bytes(raw)
    lantern = replace(made.lantern, vault=vault)
    to = tmp_path / "out" / "x"
    done = lantern("export", "LINDEN", "--exhibits", "JS/1", "--to", str(to))
    assert done.code == 1
    assert "is not what was sealed" in done.err
    assert list((tmp_path / "out").iterdir()) == []


EDITED = {
    "its record": "UPDATE exhibit SET document = '{}'",
    "its description": "UPDATE exhibit SET document = replace(document, 'held', 'is')",
    "its capture's records": "DELETE FROM record",
    "its capture's row": "UPDATE capture SET id = 'x-' || seq",
    "the making": "UPDATE ledger_entry SET entry = 'x' WHERE act = 'exhibit.make'",
    "the seal": "UPDATE ledger_entry SET entry = 'x' WHERE act = 'capture.seal'",
    "the failed attempt": "DELETE FROM record WHERE capture_id IN "
    "(SELECT id FROM capture WHERE outcome = 'failed')",
    "the salts": "UPDATE ledger_object SET salt = x'00' WHERE kind = 'capture'",
    "a line": "UPDATE ledger_entry SET leaf = replace(leaf, 'access', 'looked') "
    "WHERE act = 'access'",
    "a line that is no text": "UPDATE ledger_entry SET leaf = x'ff' WHERE act = 'access'",
    "the nodes": "DELETE FROM ledger_node WHERE level = 0",
    "the keys": "DELETE FROM public_key",
}


@pytest.mark.parametrize("change", EDITED.values(), ids=EDITED)
def test_a_vault_that_was_edited_gives_no_bundle_that_does_not_hold(
    made: Made, tmp_path: Path, change: str
) -> None:
    vault = Path(shutil.copytree(made.lantern.vault, tmp_path / "vault"))
    with sqlite3.connect(vault / "catalogue.db") as connection:
        assert connection.execute(change).rowcount > 0
    connection.close()
    (tmp_path / "out").mkdir()
    to = tmp_path / "out" / "x"
    lantern = replace(made.lantern, vault=vault)
    done = lantern("export", "LINDEN", "--exhibits", "JS/1", "--to", str(to))
    assert done.code == 1
    assert done.err.splitlines()[-1].startswith("lantern: "), done.err
    assert list((tmp_path / "out").iterdir()) == []


def test_a_failed_attempt_can_be_an_exhibit_too(made: Made, tmp_path: Path) -> None:
    vault = Path(shutil.copytree(made.lantern.vault, tmp_path / "vault"))
    lantern = replace(made.lantern, vault=vault)
    lantern.ok("exhibit", "make", made.captures["failed"], "--as", "JS/7/2")
    (tmp_path / "out").mkdir()
    to = tmp_path / "out" / "b"
    left = lantern.ok("export", "LINDEN", "--exhibits", "JS/7/2,JS/1", "--to", str(to))
    assert (left["exhibits"], left["withheld"]) == (["JS/1", "JS/7/2"], 0)
    assert failures(to) == set()
    label = (to / "data/exhibits/JS_7_2/label.html").read_text(encoding="utf-8")
    assert "failed, server's status none" in label.replace("&#39;", "'")
    statement = (to / "data/statements/statement-JS.html").read_text(encoding="utf-8")
    assert "No answer with a status was received." in statement
    assert lantern.ok("verify")["problems"] == []


def test_an_exhibit_made_without_a_key_is_asserted_and_its_bundle_says_so(
    made: Made, tmp_path: Path
) -> None:
    vault = Path(shutil.copytree(made.lantern.vault, tmp_path / "vault"))
    keys = Path(shutil.copytree(made.lantern.keys, tmp_path / "keys"))
    for key in keys.glob("*/p-*.pem"):
        key.unlink()
    lantern = replace(made.lantern, vault=vault, keys=keys)
    lantern.ok("exhibit", "make", made.captures["/two.html"], "--as", "JS/8")
    to = tmp_path / "b"
    lantern.ok("export", "LINDEN", "--exhibits", "JS/8", "--to", str(to))
    done = verified(to)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "asserted without a key" in done.stdout


def test_without_the_vaults_key_nothing_is_made_or_exported(made: Made, tmp_path: Path) -> None:
    vault = Path(shutil.copytree(made.lantern.vault, tmp_path / "vault"))
    lantern = replace(made.lantern, vault=vault, keys=tmp_path / "no-keys")
    made_one = lantern("exhibit", "make", made.captures["/two.html"])
    left = lantern("export", "LINDEN", "--exhibits", "JS/1", "--to", str(tmp_path / "b"))
    for done in (made_one, left):
        assert done.code == 1
        assert "The vault's key is not at" in done.err
    assert not (tmp_path / "b").exists()
    assert len(lantern.ok("exhibit", "list")["exhibits"]) == 3


def test_a_disk_that_fills_under_the_ciphertext_leaves_nothing(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyrage

    def full(clear: Any, *_: Any) -> None:
        clear.read(10_000)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pyrage, "encrypt_io", full)
    to = str(pyrage.x25519.Identity.generate().to_public())
    done = made.lantern(
        *("export", "LINDEN", "--exhibits", "JS/3", "--to", str(tmp_path / "x")),
        *("--recipient", to),
    )
    assert done.code == 1
    assert "No space left on device" in done.err
    assert list(tmp_path.iterdir()) == []


# ---- the viewing copy


def test_a_viewing_copy_is_marked_on_every_page_and_holds_no_original(
    made: Made, tmp_path: Path
) -> None:
    to = tmp_path / "copy"
    left = made.lantern.ok(
        "export", "LINDEN", "--exhibits", "JS/1,JS/3", "--to", str(to), "--viewing-copy"
    )
    assert left["sha256"] == sha256((to / "SHA256SUMS").read_bytes()).hexdigest()
    subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=to, check=True)
    pages = sorted(to.rglob("*.html"))
    assert [p.relative_to(to).as_posix() for p in pages] == [
        "JS_1/index.html",
        "JS_3/index.html",
        "index.html",
    ]
    for page in pages:
        assert "VIEWING COPY – NOT THE EXHIBIT" in page.read_text(encoding="utf-8")
    listed = made.lantern.ok("exhibit", "list")["exhibits"]
    for exhibit in (listed[0], listed[2]):
        page = (to / exhibit["safe_name"] / "index.html").read_text(encoding="utf-8")
        assert exhibit["sha256"] in page
    assert "Kites for sale." in (to / "JS_1/index.html").read_text(encoding="utf-8")
    for png in to.rglob("*.png"):
        with Image.open(png) as image:
            assert max(image.size) <= 8
    original = (made.root / "pages" / "kite.png").read_bytes()
    assert all(original[200:400] not in p.read_bytes() for p in to.rglob("*") if p.is_file())
    assert made.lantern("verify", str(to)).code == 1
