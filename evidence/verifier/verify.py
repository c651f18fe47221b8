#!/usr/bin/env python3
"""Checks an exhibit bundle of Dark Lantern. Needs Python 3.8 or later and nothing else.

    python3 verify.py [BUNDLE] [--key HEX]

BUNDLE is the bundle's folder (else the folder that this file lies in). HEX is the SHA-256 of the
vault's public key, where you got it from somebody other than who gave you the bundle. One line for
each check; exit code 0 where all hold, 1 where one fails, 2 for wrong usage.

Reads only files inside the folder, follows no link, runs nothing, asks no network.
"""
# The file goes out as it is: it keeps to what Python 3.8 has (no strict= in zip, no match).
# ruff: noqa: B905, UP006, UP035, UP045, PTH100, PTH118, PTH120, PTH112, PTH123, PTH202

from __future__ import annotations

import sys

# Nothing that lies beside this file is imported in place of the standard library.
if __name__ == "__main__" and not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
    del sys.path[0]

import base64
import hashlib
import json
import os
import re
import stat
import zlib
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

VERSION = "1"
BUNDLE, EXHIBIT, MANIFEST = (
    "darklantern-bundle/1",
    "darklantern-exhibit/1",
    "darklantern-manifest/1",
)
LEDGER, HISTORY, OTHERS = (
    "darklantern-bundle-ledger/1",
    "darklantern-bundle-history/1",
    "darklantern-address-report/1",
)
PIECE = 1 << 20
JSON_LIMIT = 256 << 20  # bytes of one document: no exhibit's proofs come near
HEAD_LIMIT = 1 << 20
FILES_LIMIT = 1000000
TAGS = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "SHA256SUMS")
TAG_MANIFEST = "tagmanifest-sha256.txt"
GUIDES = ("HOW-TO-VERIFY.md", "verify.py")
HEX = re.compile(r"[0-9a-f]{64}")
SAFE = re.compile(r"[A-Z]{2,4}(?:_[0-9]{1,9}){1,2}")
NOT_PROVED = """\
What this does not prove:
- When the pages were collected, by any clock but the collecting machine's own. No outside party
  has confirmed the time here.
- That the vault's and the people's keys were used by those whose keys they are. Compare the
  vault's key above with one that you got on another way (--key).
- Anything after the checkpoint: what was done with the exhibit later is not in this bundle.
- That what a page said is true, or that others were shown the same.
- That this verify.py is the published one. Compare its SHA-256 with the published list.\
"""


class Fault(Exception):
    """A check that fails; the text says why."""


class Check(NamedTuple):
    """What came of one check. `says` is None where it holds."""

    kind: str
    where: str
    says: Optional[str]
    note: str = ""


# ---------------------------------------------------------------- Ed25519 (RFC 8032)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = Tuple[int, int, int, int]


def _add(a: Point, b: Point) -> Point:
    """The sum of two points in extended coordinates (RFC 8032, section 5.1.4)."""
    m = (a[1] - a[0]) * (b[1] - b[0]) % P
    n = (a[1] + a[0]) * (b[1] + b[0]) % P
    c = 2 * a[3] * b[3] * D % P
    d = 2 * a[2] * b[2] % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(scalar: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _same(a: Point, b: Point) -> bool:
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def _x_of(y: int, sign: int) -> Optional[int]:
    """The x of a point (RFC 8032, section 5.1.3), None where there is none."""
    if y >= P:
        return None
    squared = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if squared == 0:
        return None if sign else 0
    x = pow(squared, (P + 3) // 8, P)
    if (x * x - squared) % P:
        x = x * ROOT % P
    if (x * x - squared) % P:
        return None
    return P - x if x & 1 != sign else x


def _point(raw: bytes) -> Optional[Point]:
    if len(raw) != 32:
        return None
    number = int.from_bytes(raw, "little")
    y = number & ((1 << 255) - 1)
    x = _x_of(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % P)


_G_Y = 4 * pow(5, P - 2, P) % P
_G_X = _x_of(_G_Y, 0) or 0
G: Point = (_G_X, _G_Y, 1, _G_X * _G_Y % P)


def signature_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the Ed25519 signature of `message` by the raw `public` key holds (section 5.1.7)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r = _point(public), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    hashed = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(hashed, "little") % L
    return _same(_times(s, G), _add(r, _times(k, a)))


# ---------------------------------------------------------------- Merkle tree (RFC 6962, 9162)


def leaf_hash(raw: bytes) -> bytes:
    """SHA-256(0x00 || leaf)."""
    return hashlib.sha256(b"\x00" + raw).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the audit path ties the leaf hash to the root. RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = _node(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = _node(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


# ---------------------------------------------------------------- documents


def _bounded(digits: str) -> int:
    if len(digits) > 17 or not -(2**53) < int(digits) < 2**53:
        raise Fault("a number is too large")
    return int(digits)


def _refused(_: str) -> Any:
    raise Fault("it holds a fraction")


def _once(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    held = dict(pairs)
    if len(held) != len(pairs):
        raise Fault("a member stands twice")
    return held


def parsed(raw: bytes) -> Any:
    """The JSON document, refusing what our formats never hold. Raises `Fault`."""
    try:
        return json.loads(
            raw.decode("utf-8"),
            parse_int=_bounded,
            parse_float=_refused,
            parse_constant=_refused,
            object_pairs_hook=_once,
        )
    except (ValueError, RecursionError) as error:
        raise Fault(f"it is not JSON in UTF-8 ({type(error).__name__})") from None


def canonical(raw: bytes) -> Any:
    """The document whose canonical bytes (RFC 8785) these are. Raises `Fault`."""
    document = parsed(raw)
    try:
        again = json.dumps(
            document, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
        ).encode("utf-8")
    except (ValueError, RecursionError):
        raise Fault("it has no canonical form") from None
    if again != raw:
        raise Fault("it is not in canonical form")
    return document


def members(document: Any, *names: str) -> Tuple[Any, ...]:
    """Those members of an object. Raises `Fault` where one is missing."""
    if not isinstance(document, dict):
        raise Fault("an object is expected, and something else stands there")
    for name in names:
        if name not in document:
            raise Fault(f"it has no member {name}")
    return tuple(document[name] for name in names)


def text(document: Any, name: str) -> str:
    """A member that is a text."""
    (value,) = members(document, name)
    if not isinstance(value, str):
        raise Fault(f"its {name} is not a text")
    return value


def number(document: Any, name: str) -> int:
    """A member that is a number."""
    (value,) = members(document, name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Fault(f"its {name} is not a number")
    return value


def array(document: Any, name: str) -> List[Any]:
    """A member that is an array."""
    (value,) = members(document, name)
    if not isinstance(value, list):
        raise Fault(f"its {name} is not an array")
    return value


def of_format(document: Any, wanted: str) -> Any:
    """The document, where it names the format. Raises `Fault`."""
    found = text(document, "format")
    if found != wanted:
        raise Fault(f"its format is {shown(found)}, and this program knows {wanted}")
    return document


def hexed(value: Any) -> str:
    """A SHA-256 in lower-case hexadecimal."""
    if not isinstance(value, str) or HEX.fullmatch(value) is None:
        raise Fault("a digest is not 64 hexadecimal digits")
    return value


def shown(value: Any) -> str:
    """Whatever it is, safe to print on one line."""
    return ascii(value)[:120]


def b64(value: str) -> bytes:
    """The bytes of canonical base64."""
    try:
        raw = base64.b64decode(value.encode("ascii"), validate=True)
    except ValueError:
        raise Fault("a signature is not base64") from None
    if base64.b64encode(raw).decode("ascii") != value:
        raise Fault("a signature is not base64 in its one form")
    return raw


# ---------------------------------------------------------------- the ledger


class Leaf(NamedTuple):
    """A line of the ledger: its hash, place, entry and what it is to each object."""

    hashed: bytes
    place: int
    entry: Dict[str, Any]
    signed: bytes
    signature: Optional[Dict[str, Any]]
    objects: List[Dict[str, Any]]

    def ref(self, name: str) -> Optional[str]:
        """A digest or size that the act fixes."""
        value = self.entry["refs"].get(name)
        return value if isinstance(value, str) else None


class Checkpoint(NamedTuple):
    """What a signed note says of the log."""

    origin: str
    size: int
    root: bytes


def read_leaf(raw: bytes) -> Leaf:
    """The leaf of these bytes. Raises `Fault`."""
    document = canonical(raw)
    if not isinstance(document, dict) or set(document) != {
        *("v", "index", "entry", "signature", "objects")
    }:
        raise Fault("a line of the ledger has other members than it should")
    entry = document["entry"]
    members(entry, "v", "id", "vault", "time", "act", "actor", "auth", "objects", "refs", "texts")
    if document["v"] != 1 or entry["v"] != 1 or not isinstance(entry["refs"], dict):
        raise Fault("a line of the ledger is of a version that this program does not know")
    objects = array(document, "objects")
    ids = [text(each, "id") for each in objects]
    if ids != entry["objects"] or ids != sorted(set(ids)):
        raise Fault("a line's running numbers are not for its entry's objects")
    for each in objects:
        number(each, "n")
    signature = document["signature"]
    if (entry["auth"] == "signed") != (signature is not None):
        raise Fault("a line says how it was authenticated, and its signature says otherwise")
    signed = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Leaf(
        leaf_hash(raw),
        number(document, "index"),
        entry,
        b"darklantern entry v1\x00" + signed.encode("utf-8"),
        signature,
        objects,
    )


def hashes(value: Any) -> List[bytes]:
    """An audit path."""
    if not isinstance(value, list) or len(value) > 64:
        raise Fault("an audit path is not a list of hashes")
    return [bytes.fromhex(hexed(each)) for each in value]


def proved_leaf(proof: Any, checkpoint: Checkpoint) -> Leaf:
    """The leaf of a proof, tied to the checkpoint. Raises `Fault`."""
    leaf = read_leaf(text(proof, "leaf").encode("utf-8"))
    path = hashes(array(proof, "inclusion"))
    if not included(leaf.hashed, leaf.place, checkpoint.size, path, checkpoint.root):
        raise Fault(f"line {leaf.place} is not in the log that the checkpoint fixes")
    return leaf


def object_id(document: Any) -> str:
    """The salted id that kind, id and salt open."""
    kind, identity, salt = (text(document, name) for name in ("kind", "id", "salt"))
    if re.fullmatch(r"[0-9a-f]{32}", salt) is None:
        raise Fault("a salt is not 16 bytes")
    words = kind.encode("utf-8") + b"\x00" + identity.encode("utf-8")
    prefix = b"darklantern object v1\x00" + bytes.fromhex(salt)
    return hashlib.sha256(prefix + words).hexdigest()


def read_note(note: str, vault: str, public: bytes) -> Tuple[Checkpoint, bytes, bytes]:
    """A checkpoint that the vault's key signed, its text and its signature. Raises `Fault`."""
    body, gap, tail = note.rpartition("\n\n")
    lines = (body + "\n").split("\n")[:-1]
    if not gap or not tail.endswith("\n") or len(lines) < 3:
        raise Fault("the checkpoint is not a signed note")
    origin = "darklantern/" + vault
    if lines[0] != origin:
        raise Fault(f"the checkpoint is another vault's: {shown(lines[0])}")
    if re.fullmatch(r"0|[1-9][0-9]{0,15}", lines[1]) is None:
        raise Fault("the checkpoint's size is not a number")
    message = (body + "\n").encode("utf-8")
    key_hash = hashlib.sha256(origin.encode("utf-8") + b"\n\x01" + public).digest()[:4]
    values = []
    for line in tail[:-1].split("\n")[:100]:
        start = f"\u2014 {origin} "
        if line.startswith(start):
            raw = b64(line[len(start) :])
            if raw[:4] == key_hash:
                values.append(raw[4:])
    if not values or not all(signature_holds(public, message, value) for value in values):
        raise Fault("the checkpoint is not signed by the vault's key")
    root = b64(lines[2])
    if len(root) != 32:
        raise Fault("the checkpoint's root is not 32 bytes")
    return Checkpoint(origin, int(lines[1]), root), message, values[0]


# ---------------------------------------------------------------- WARC members


class Member(NamedTuple):
    """One gzip member, one record: digests and the head's fields."""

    member_sha256: str
    member_bytes: int
    block_sha256: str
    block_bytes: int
    fields: Dict[str, str]
    block: Optional[bytes]


def walk_warc(path: str, expected: Sequence[Tuple[int, int]], last_limit: int) -> Iterator[Member]:
    """The members of a WARC whose sizes (compressed, block) are known. Raises `Fault`.

    Nothing is read or inflated beyond what was declared, so that a bomb stays folded.
    """
    with open(path, "rb") as file:
        for place, (member_bytes, block_bytes) in enumerate(expected):
            kept = place == len(expected) - 1 and block_bytes <= last_limit
            yield _member(file, place, member_bytes, block_bytes, kept)
        if file.read(1):
            raise Fault("bytes stand after its last record")


def _member(file: Any, place: int, member_bytes: int, block_bytes: int, kept: bool) -> Member:
    whole, block = hashlib.sha256(), hashlib.sha256()
    inflate = zlib.decompressobj(31)
    held, head, size, parts = b"", None, 0, []
    left = member_bytes
    while left:
        piece = file.read(min(left, PIECE))
        if not piece:
            raise Fault(f"it ends inside record {place}")
        left -= len(piece)
        whole.update(piece)
        waiting = piece
        while waiting and not inflate.eof:
            try:
                held += inflate.decompress(waiting, PIECE)
            except zlib.error:
                raise Fault(f"record {place} cannot be inflated") from None
            waiting = inflate.unconsumed_tail
            if head is None:
                end = held.find(b"\r\n\r\n")
                if end < 0:
                    if len(held) > HEAD_LIMIT:
                        raise Fault(f"record {place} has a head without an end")
                    continue
                head, held = held[:end], held[end + 4 :]
            ready, held = held[:-4], held[-4:]
            size += len(ready)
            if size > block_bytes:
                raise Fault(f"record {place} is longer than its manifest says")
            block.update(ready)
            if kept:
                parts.append(ready)
        if inflate.eof and (inflate.unused_data or left):
            raise Fault(f"record {place} is not one gzip member")
    if head is None or not inflate.eof or held != b"\r\n\r\n":
        raise Fault(f"record {place} is not one whole record")
    fields = {}
    for line in head.decode("utf-8", "replace").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        fields[name.strip().lower()] = value.strip()
    return Member(
        whole.hexdigest(),
        member_bytes,
        block.hexdigest(),
        size,
        fields,
        b"".join(parts) if kept else None,
    )


# ---------------------------------------------------------------- the folder


def walk_folder(folder: str) -> Dict[str, str]:
    """Every file by its path inside the folder, with forward slashes. Raises `Fault`.

    Only these are ever opened: a name in a list leads nowhere by itself.
    """
    found: Dict[str, str] = {}

    def failed(error: OSError) -> None:
        raise Fault("a folder cannot be read: %s" % (error.strerror or error))

    for parent, folders, names in os.walk(folder, onerror=failed, followlinks=False):
        for name in folders + names:
            path = os.path.join(parent, name)
            relative = os.path.relpath(path, folder).replace(os.sep, "/")
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                raise Fault(f"{shown(relative)} is a link: nothing outside is read")
            if stat.S_ISREG(mode):
                found[relative] = path
            elif not stat.S_ISDIR(mode):
                raise Fault(f"{shown(relative)} is neither a file nor a folder")
            if len(found) > FILES_LIMIT:
                raise Fault(f"it holds more than {FILES_LIMIT} files")
    return found


def file_sha256(path: str) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while True:
            piece = file.read(PIECE)
            if not piece:
                return digest.hexdigest()
            digest.update(piece)


def read_sums(raw: bytes) -> Dict[str, str]:
    """`digest  path` lines. Raises `Fault` for any path that is not plainly inside."""
    try:
        lines = raw.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise Fault("it is not UTF-8") from None
    if lines[-1:] != [""]:
        raise Fault("its last line has no end")
    sums: Dict[str, str] = {}
    for line in lines[:-1]:
        digest, gap, path = line[:64], line[64:66], line[66:]
        parts = path.split("/")
        if HEX.fullmatch(digest) is None or gap != "  " or not path:
            raise Fault(f"{shown(line)} is not a line of digest and path")
        if any(part in ("", ".", "..") for part in parts) or "\\" in path or ":" in path:
            raise Fault(f"{shown(path)} leads outside the bundle, or hides where it leads")
        if path in sums:
            raise Fault(f"{shown(path)} is listed twice")
        sums[path] = digest
    return sums


def compare_sums(listed: Dict[str, str], held: Dict[str, str], wanted: Sequence[str]) -> None:
    """That the list names exactly the wanted files, with their digests. Raises `Fault`."""
    missing = sorted(set(listed) - set(held))
    if missing:
        raise Fault(f"{shown(missing[0])} is listed and not there")
    added = sorted(set(wanted) - set(listed))
    if added:
        raise Fault(f"{shown(added[0])} is there and not listed")
    other = sorted(set(listed) - set(wanted))
    if other:
        raise Fault(f"{shown(other[0])} should not be listed here")
    for path in sorted(listed):
        if listed[path] != held[path]:
            raise Fault(f"{shown(path)} is not the file that was listed: its digest differs")


# ---------------------------------------------------------------- the bundle


class Bundle:
    """A bundle as it is checked: each step leaves behind what the next ones need."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.paths: Dict[str, str] = {}
        self.sums: Dict[str, str] = {}
        self.checks: List[Check] = []
        self.document: Dict[str, Any] = {}
        self.bundle_sha256 = ""
        self.case_id = ""
        self.vault_key = b""
        self.keys: Dict[str, Tuple[str, bytes]] = {}
        self.checkpoint = Checkpoint("", 0, b"")
        self.heads: Optional[Leaf] = None
        self.by_hand: Dict[str, bytes] = {}
        self.signatures: Dict[bytes, Optional[str]] = {}

    def run(self, kind: str, where: str, check: Callable[[], Optional[str]]) -> bool:
        """One check: its fault is its answer, and no fault of a file ends the program."""
        try:
            note = check() or ""
            self.checks.append(Check(kind, where, None, note))
            return True
        except Fault as fault:
            says = str(fault)
        except OSError as error:
            says = "a file cannot be read: %s" % (error.strerror or type(error).__name__)
        except Exception as error:  # whatever a hostile file brings about, it is a failed check
            says = f"it is malformed ({type(error).__name__})"
        self.checks.append(Check(kind, where, says))
        return False

    def raw(self, path: str) -> bytes:
        """A file's bytes. Raises `Fault` where it is not there or is too large."""
        if path not in self.paths:
            raise Fault(f"{shown(path)} is not there")
        if os.path.getsize(self.paths[path]) > JSON_LIMIT:
            raise Fault(f"{shown(path)} is too large")
        with open(self.paths[path], "rb") as file:
            return file.read()

    # -- files

    def check_files(self) -> str:
        """Walks the folder and hashes what is there."""
        self.paths = walk_folder(self.folder)
        if "bundle.tar.age" in self.paths and "bagit.txt" not in self.paths:
            raise Fault(
                "the bundle is encrypted: decrypt it first (see README.txt), then check the "
                "folder that comes out"
            )
        if "VIEWING-COPY.txt" in self.paths:
            raise Fault("this is a viewing copy, not an exhibit: ask for the exhibit bundle")
        if "bagit.txt" not in self.paths:
            raise Fault("this is not an exhibit bundle: it has no bagit.txt")
        self.sums = {path: file_sha256(self.paths[path]) for path in sorted(self.paths)}
        return f"{len(self.sums)} files"

    def check_bag(self) -> None:
        """BagIt (RFC 8493): the declaration and the payload's manifest."""
        if self.raw("bagit.txt") != b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n":
            raise Fault("bagit.txt is not the declaration of a bag of version 1.0")
        payload = [path for path in self.sums if path.startswith("data/")]
        compare_sums(read_sums(self.raw("manifest-sha256.txt")), self.sums, payload)

    def check_tags(self) -> None:
        """The bag's other files."""
        tags = [p for p in self.sums if not p.startswith("data/") and p != TAG_MANIFEST]
        added = sorted(set(tags) - set(TAGS) - set(GUIDES))
        if added:
            raise Fault(f"{shown(added[0])} is no file of a bundle")
        compare_sums(read_sums(self.raw(TAG_MANIFEST)), self.sums, tags)

    def check_sums(self) -> None:
        """SHA256SUMS, which people check by hand."""
        wanted = [p for p in self.sums if p not in ("SHA256SUMS", TAG_MANIFEST)]
        compare_sums(read_sums(self.raw("SHA256SUMS")), self.sums, wanted)

    # -- what the bundle says of itself

    def check_document(self) -> str:
        """bundle.json: the exhibits and the digest of every file but the proofs."""
        raw = self.raw("data/bundle.json")
        self.bundle_sha256 = hashlib.sha256(raw).hexdigest()
        document = of_format(canonical(raw), BUNDLE)
        for each in array(document, "exhibits"):
            if SAFE.fullmatch(text(each, "safe_name")) is None:
                raise Fault("a safe name of an exhibit is not one")
            if text(each, "safe_name").replace("_", "/") != text(each, "reference"):
                raise Fault("an exhibit's safe name is another's")
        names = [each["safe_name"] for each in document["exhibits"]]
        if not names or len(set(names)) != len(names):
            raise Fault("it holds no exhibit, or one twice")
        files = document.get("files")
        if not isinstance(files, dict):
            raise Fault("it has no list of files")
        proofs = {"data/bundle.json", "data/ledger.json"}
        fixed = [
            path
            for path in self.sums
            if path.startswith("data/")
            and path not in proofs
            and not path.startswith("data/by-hand/")
            and not (path.startswith("data/exhibits/") and path.endswith("/history.json"))
        ]
        fixed += [path for path in GUIDES if path in self.sums]
        compare_sums({str(path): str(files[path]) for path in files}, self.sums, fixed)
        self.document = document
        return "{} exhibits of case {}".format(
            len(document["exhibits"]),
            shown(document.get("case_reference")),
        )

    def check_keys(self, pinned: Optional[str]) -> str:
        """The public keys, and which is the vault's."""
        vault = text(self.document, "vault")
        for each in array(self.document, "keys"):
            owner, public = text(each, "owner"), bytes.fromhex(hexed(text(each, "public")))
            name = hashlib.sha256(public).hexdigest()
            if name != text(each, "key"):
                raise Fault("a key's name is not the SHA-256 of the key")
            self.keys[name] = (owner, public)
            if owner == vault and self.vault_key:
                raise Fault("it holds two keys of the vault")
            if owner == vault:
                self.vault_key = public
        if not self.vault_key:
            raise Fault("it does not hold the vault's public key")
        name = hashlib.sha256(self.vault_key).hexdigest()
        if pinned is not None and pinned.lower() != name:
            raise Fault(f"the vault's key {name} is not the one that you named")
        return "vault's key {}{}".format(name, "" if pinned is None else ", as you named it")

    def check_checkpoint(self) -> str:
        """The checkpoint's signature, the heads before it, and the case's head."""
        ledger = of_format(parsed(self.raw("data/ledger.json")), LEDGER)
        vault = text(self.document, "vault")
        note = text(ledger, "checkpoint")
        self.checkpoint, message, signature = read_note(note, vault, self.vault_key)
        self.by_hand["data/by-hand/checkpoint.message"] = message
        self.by_hand["data/by-hand/checkpoint.sig"] = signature
        for _, (owner, public) in self.keys.items():
            self.by_hand[f"data/by-hand/{key_name(owner, public)}.pem"] = pem(public)
        heads = proved_leaf(ledger.get("heads"), self.checkpoint)
        if (
            heads.entry["act"] != "ledger.heads"
            or heads.entry["actor"] != vault
            or heads.place != self.checkpoint.size - 1
            or heads.ref("heads_size") != str(heads.place)
        ):
            raise Fault("the line before the checkpoint does not record the heads")
        self.signed(heads)
        self.heads = heads
        case = ledger.get("case")
        (opened, head) = members(case, "object", "head")
        if (text(opened, "kind"), text(opened, "id")) != ("case", text(self.document, "case")):
            raise Fault("the head of the case is another object's")
        self.case_id, _, _ = self.head_of(opened, head)
        return f"{self.checkpoint.size} lines, signed by the vault's key"

    def head_of(self, opened: Any, head: Any) -> Tuple[str, int, str]:
        """An object's salted id, count and last leaf, proved by the heads. Raises `Fault`."""
        salted = object_id(opened)
        if text(head, "id") != salted:
            raise Fault("a head is another object's")
        count, last = number(head, "count"), hexed(text(head, "last"))
        if self.heads is None:
            raise Fault("the heads are not proved, so nothing that rests on them is")
        root = bytes.fromhex(hexed(self.heads.ref("heads_root")))
        total = int(self.heads.ref("heads_count") or "0")
        if not 0 < count < 2**53:
            raise Fault("a head's count is none")
        raw = bytes.fromhex(salted) + count.to_bytes(8, "big") + bytes.fromhex(last)
        path = hashes(array(head, "inclusion"))
        if not included(leaf_hash(raw), number(head, "position"), total, path, root):
            raise Fault("a head is not among those that the checkpoint fixes")
        return salted, count, last

    def signed(self, leaf: Leaf) -> bool:
        """Whether its actor's key signed the line; False where it says "asserted". Raises."""
        if leaf.signature is None:
            return False
        if leaf.hashed in self.signatures:
            known = self.signatures[leaf.hashed]
            if known is not None:
                raise Fault(known)
            return True
        says = self._signature_fault(leaf)
        self.signatures[leaf.hashed] = says
        if says is not None:
            raise Fault(says)
        return True

    def _signature_fault(self, leaf: Leaf) -> Optional[str]:
        name = text(leaf.signature, "key")
        if name not in self.keys:
            return f"line {leaf.place} is signed by a key that the bundle does not hold"
        owner, public = self.keys[name]
        if owner != leaf.entry["actor"]:
            return f"line {leaf.place} is signed by the key of somebody other than its actor"
        if not signature_holds(public, leaf.signed, b64(text(leaf.signature, "value"))):
            return f"the signature on line {leaf.place} does not hold"
        return None

    def check_by_hand(self) -> None:
        """That the files for checks by hand say what the proofs say."""
        held = {path for path in self.paths if path.startswith("data/by-hand/")}
        for path in sorted(held ^ set(self.by_hand)):
            raise Fault(f"{shown(path)} is missing or should not be there")
        for path in sorted(held):
            if self.raw(path) != self.by_hand[path]:
                raise Fault(f"{shown(path)} is not what the proofs hold")


PEM_PREFIX = bytes.fromhex("302a300506032b6570032100")  # SubjectPublicKeyInfo of Ed25519, RFC 8410


def pem(public: bytes) -> bytes:
    """The public key as OpenSSL reads it."""
    body = base64.b64encode(PEM_PREFIX + public).decode("ascii")
    return (f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n").encode("ascii")


def key_name(owner: str, public: bytes) -> str:
    """The name of a key's file."""
    return f"{owner}-{hashlib.sha256(public).hexdigest()[:16]}"


class Exhibit:
    """One exhibit of a bundle as it is checked."""

    def __init__(self, bundle: Bundle, listed: Any) -> None:
        self.bundle = bundle
        self.listed = listed
        self.reference = text(listed, "reference")
        self.folder = "data/exhibits/" + text(listed, "safe_name")
        self.record: Dict[str, Any] = {}
        self.record_sha256 = ""
        self.manifest: Dict[str, Any] = {}
        self.histories: Dict[str, List[Leaf]] = {}
        self.seal: Optional[Leaf] = None

    def check(self) -> None:
        """Every check of the exhibit, in an order in which each rests on those before."""
        for kind, check in (
            ("exhibit-record", self.check_record),
            ("exhibit-manifest", self.check_manifest),
            ("exhibit-warc", self.check_warc),
            ("exhibit-history", self.check_histories),
            ("exhibit-signatures", self.check_signatures),
            ("exhibit-seal", self.check_seal),
            ("exhibit-making", self.check_making),
            ("exhibit-disclosure", self.check_disclosure),
            ("exhibit-address", self.check_others),
        ):
            self.bundle.run(kind, self.reference, check)

    def check_record(self) -> str:
        """exhibit.json: the frozen record."""
        raw = self.bundle.raw(self.folder + "/exhibit.json")
        record = of_format(canonical(raw), EXHIBIT)
        for ours, theirs in (
            ("reference", "reference"),
            ("safe_name", "safe_name"),
            ("exhibit", "exhibit"),
            ("capture", "capture"),
            ("manifest_sha256", "manifest_sha256"),
        ):
            if text(record, ours) != text(self.listed, theirs):
                raise Fault(f"its {ours} is not what bundle.json says")
        for name in ("vault", "case"):
            if text(record, name) != text(self.bundle.document, name):
                raise Fault(f"it is of another {name}")
        self.record, self.record_sha256 = record, hashlib.sha256(raw).hexdigest()
        return "frozen {}".format(shown(text(record, "made")))

    def check_manifest(self) -> str:
        """manifest.json: its digest is the exhibit's."""
        raw = self.bundle.raw(self.folder + "/manifest.json")
        digest = hashlib.sha256(raw).hexdigest()
        if digest != text(self.record, "manifest_sha256"):
            raise Fault("its digest is not the exhibit's")
        manifest = of_format(canonical(raw), MANIFEST)
        for name in ("vault", "case", "job", "capture", "requested_url", "final_url"):
            if text(manifest, name) != text(self.record, name):
                raise Fault(f"its {name} is not the exhibit's")
        self.manifest = manifest
        return f"SHA-256 {digest}"

    def check_warc(self) -> str:
        """capture.warc.gz: each member and block against the manifest, in its order."""
        path = self.folder + "/capture.warc.gz"
        if path not in self.bundle.paths:
            raise Fault(f"{shown(path)} is not there")
        own = self.bundle.raw(self.folder + "/manifest.json")
        (warcinfo,) = members(self.manifest, "warcinfo")
        listed = [warcinfo, *array(self.manifest, "records")]
        sizes = [(number(each, "member_bytes"), number(each, "block_bytes")) for each in listed]
        if any(member < 1 or block < 0 for member, block in sizes):
            raise Fault("the manifest lists a record of no size")
        whole = os.path.getsize(self.bundle.paths[path])
        tail = whole - sum(member for member, _ in sizes)
        if tail < 1:
            raise Fault("it is shorter than the records that its manifest lists")
        sizes.append((tail, len(own)))
        for place, member in enumerate(walk_warc(self.bundle.paths[path], sizes, JSON_LIMIT)):
            if place < len(listed):
                self._as_listed(place, member, listed[place])
            elif member.block != own:
                raise Fault("its last record is not the manifest")
            elif member.member_sha256 != text(self.record, "manifest_member_sha256"):
                raise Fault("the manifest's member is not the one that was sealed")
            elif member.fields.get("warc-record-id") != "<{}>".format(
                text(self.record, "manifest_record")
            ):
                raise Fault("the manifest's record has another id")
        return f"{len(sizes)} records, {whole} bytes"

    @staticmethod
    def _as_listed(place: int, member: Member, listed: Any) -> None:
        for name, here, there in (
            ("compressed member", member.member_sha256, text(listed, "member_sha256")),
            ("block", member.block_sha256, text(listed, "block_sha256")),
            ("length", str(member.block_bytes), str(number(listed, "block_bytes"))),
            ("id", member.fields.get("warc-record-id"), "<{}>".format(text(listed, "id"))),
            ("type", member.fields.get("warc-type"), text(listed, "type")),
        ):
            if here != there:
                raise Fault(f"record {place}: its {name} is not the one in the manifest")

    def check_histories(self) -> str:
        """Every line on the capture, the exhibit and the address: in the log, without a gap."""
        document = of_format(parsed(self.bundle.raw(self.folder + "/history.json")), HISTORY)
        leaves = [proved_leaf(proof, self.bundle.checkpoint) for proof in array(document, "leaves")]
        case = text(self.record, "case")
        wanted = {
            "capture": text(self.record, "capture"),
            "exhibit": text(self.record, "exhibit"),
            "address": "{} {}".format(case, text(self.record, "requested_url")),
        }
        told = []
        for each in array(document, "objects"):
            (opened, head) = members(each, "object", "head")
            kind = text(opened, "kind")
            if wanted.pop(kind, None) != text(opened, "id"):
                raise Fault(f"it is the history of another {shown(kind)}")
            chosen = [leaves[place] for place in self._places(each, len(leaves))]
            self._check_chain(kind, opened, head, chosen)
            self.histories[kind] = chosen
            told.append(f"{len(chosen)} on the {kind}")
        if wanted:
            raise Fault(f"the history of its {sorted(wanted)[0]} is not there")
        return "lines without a gap: " + ", ".join(told)

    @staticmethod
    def _places(document: Any, count: int) -> List[int]:
        places = array(document, "leaves")
        for place in places:
            if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < count:
                raise Fault("a history names a line that is not there")
        return places

    def _check_chain(self, kind: str, opened: Any, head: Any, leaves: List[Leaf]) -> None:
        salted, count, last = self.bundle.head_of(opened, head)
        if len(leaves) != count:
            raise Fault(
                f"the {kind} has {count} lines, and {len(leaves)} are here: one is left out"
            )
        previous: Optional[str] = None
        for place, leaf in enumerate(leaves, 1):
            mine = [each for each in leaf.objects if each["id"] == salted]
            if len(mine) != 1 or mine[0]["n"] != place or mine[0].get("previous") != previous:
                raise Fault(f"the {kind}'s line number {place} is missing or another")
            previous = leaf.hashed.hex()
        if previous != last:
            raise Fault(f"the newest line on the {kind} is not here")

    def check_signatures(self) -> str:
        """Each line's signature by its actor's key."""
        seen = {leaf.hashed: leaf for leaves in self.histories.values() for leaf in leaves}
        if not seen:
            raise Fault("no line is proved")
        signed = sum(self.bundle.signed(leaf) for leaf in seen.values())
        asserted = len(seen) - signed
        return "{} signed{}".format(
            signed,
            f", {asserted} asserted without a key" if asserted else "",
        )

    def check_seal(self) -> str:
        """The seal: the line that fixed the manifest when the capture was made."""
        seal = next(iter(self._acts("capture", "capture.seal")), None)
        if seal is None or self.histories["capture"][0] is not seal:
            raise Fault("the capture's first line is not its seal")
        for name in ("manifest_sha256", "manifest_member_sha256", "manifest_record"):
            if seal.ref(name) != text(self.record, name):
                raise Fault(f"the seal fixes another {name}")
        if self.bundle.case_id not in seal.entry["objects"]:
            raise Fault("the capture was sealed in another case")
        if seal not in self.histories["address"]:
            raise Fault("the capture was sealed under another address")
        base = "data/by-hand/" + text(self.record, "safe_name")
        self.bundle.by_hand[base + "/seal.message"] = seal.signed
        if seal.signature is not None:
            raw = b64(text(seal.signature, "value"))
            self.bundle.by_hand[base + "/seal.sig"] = raw
        self.seal = seal
        return "sealed {}".format(shown(seal.entry["time"]))

    def _acts(self, kind: str, act: str) -> List[Leaf]:
        return [leaf for leaf in self.histories.get(kind, []) if leaf.entry["act"] == act]

    def check_making(self) -> str:
        """The making: its line fixes the record, whose continuity is the ledger's at that time."""
        first = next(iter(self.histories.get("exhibit", [])), None)
        if first is None or first.entry["act"] != "exhibit.make":
            raise Fault("the exhibit's first line is not its making")
        if first.ref("exhibit_sha256") != self.record_sha256:
            raise Fault("the record is not the one that was made")
        if first.ref("manifest_sha256") != text(self.record, "manifest_sha256"):
            raise Fault("the making fixes another manifest")
        producer = text(members(self.record, "producer")[0], "id")
        if first.entry["actor"] != producer:
            raise Fault("somebody other than its producer made the exhibit")
        vault = text(self.bundle.document, "vault")
        then, _, _ = read_note(text(self.record, "checkpoint"), vault, self.bundle.vault_key)
        before = [leaf for leaf in self.histories["capture"] if leaf.place < then.size]
        told = array(self.record, "continuity")
        for leaf, line in zip(before, told):
            here = (leaf.place, leaf.hashed.hex(), *_said(leaf.entry))
            there = (number(line, "leaf"), text(line, "leaf_sha256"), *_said(line))
            if here != there:
                raise Fault(f"its continuity differs from the ledger at line {leaf.place}")
        if len(before) != len(told):
            raise Fault(f"its continuity has {len(told)} lines of {len(before)}")
        return "made {}, continuity of {} lines".format(shown(first.entry["time"]), len(told))

    def check_disclosure(self) -> str:
        """The disclosure: the line that fixes this bundle's contents."""
        for leaf in self._acts("exhibit", "exhibit.export"):
            if leaf.ref("bundle_sha256") == self.bundle.bundle_sha256:
                if leaf.entry["s62"] != "disclosure":
                    raise Fault("the line of this export is not recorded as a disclosure")
                return "disclosed {}".format(shown(leaf.entry["time"]))
        raise Fault("no line of the ledger records this bundle with these contents")

    def check_others(self) -> str:
        """others.json: every capture and attempt of the address that the ledger holds."""
        raw = self.bundle.raw(self.folder + "/others.json")
        report = of_format(canonical(raw), OTHERS)
        if text(report, "address") != text(self.record, "requested_url"):
            raise Fault("the report is of another address")
        seals = self._acts("address", "capture.seal")
        rows = array(report, "captures")
        for leaf, row in zip(seals, rows):
            opened = {"kind": "capture", "id": text(row, "capture"), "salt": text(row, "salt")}
            if object_id(opened) not in leaf.entry["objects"]:
                raise Fault(f"the report names a capture that line {leaf.place} did not seal")
            if text(row, "manifest_sha256") != leaf.ref("manifest_sha256"):
                raise Fault(f"the report gives another digest than line {leaf.place}")
            if text(row, "sealed") != leaf.entry["time"]:
                raise Fault(f"the report gives another time than line {leaf.place}")
        if len(seals) != len(rows):
            raise Fault(
                f"the ledger holds {len(seals)} captures of the address, the report {len(rows)}"
            )
        if text(self.record, "capture") not in [row["capture"] for row in rows]:
            raise Fault("the report does not list the exhibit's own capture")
        withheld = sum(1 for row in rows if row.get("held") == "withheld")
        return f"{len(rows)} captures of the address, {withheld} withheld"


def _said(line: Any) -> Tuple[str, str, str]:
    return (text(line, "time"), text(line, "act"), text(line, "actor"))


def check_bundle(folder: str, pinned: Optional[str] = None) -> List[Check]:
    """What came of every check of the bundle in `folder`; never raises for what it holds."""
    bundle = Bundle(folder)
    run = bundle.run
    if not run("bundle-files", "bundle", bundle.check_files):
        return bundle.checks
    run("bundle-bag", "manifest-sha256.txt", lambda: bundle.check_bag())
    run("bundle-tags", "tagmanifest-sha256.txt", lambda: bundle.check_tags())
    run("bundle-sums", "SHA256SUMS", lambda: bundle.check_sums())
    if not run("bundle-contents", "data/bundle.json", bundle.check_document):
        return bundle.checks
    run("bundle-keys", "data/bundle.json", lambda: bundle.check_keys(pinned))
    run("bundle-checkpoint", "data/ledger.json", bundle.check_checkpoint)
    for listed in bundle.document["exhibits"]:
        Exhibit(bundle, listed).check()
    run("bundle-by-hand", "data/by-hand", lambda: bundle.check_by_hand())
    return bundle.checks


def main(arguments: List[str]) -> int:
    """Check and print; the exit code."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    here = os.path.dirname(os.path.abspath(__file__))
    pinned = None
    rest = list(arguments)
    if "--key" in rest:
        at = rest.index("--key")
        pinned = (rest[at + 1 : at + 2] or [""])[0]
        del rest[at : at + 2]
        if HEX.fullmatch(pinned.lower()) is None:
            print("--key takes 64 hexadecimal digits, the SHA-256 of the vault's public key.")
            return 2
    if len(rest) > 1 or any(word.startswith("-") for word in rest):
        print((__doc__ or "").strip())
        return 2
    folder = rest[0] if rest else here
    if not os.path.isdir(folder):
        print(f"There is no folder {shown(folder)}.")
        return 2
    checks = check_bundle(folder, pinned)
    for check in checks:
        if check.says is None:
            print("ok    {} {}{}".format(check.where, check.kind, check.note and ": " + check.note))
        else:
            print(f"FAIL  {check.where} {check.kind}: {check.says}")
    failed = sum(1 for check in checks if check.says is not None)
    print()
    if failed:
        print(f"THE BUNDLE DOES NOT HOLD: {failed} of {len(checks)} checks failed.")
    else:
        print(f"THE BUNDLE HOLDS: {len(checks)} checks, none failed.")
    print(NOT_PROVED)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
        sys.stdout.flush()
        sys.exit(code)
    except BrokenPipeError:  # the reader of our lines went away: nobody is left to tell
        os._exit(1)
