"""What the process that decodes hostile pictures cannot do, and that it decodes none the worse."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from gate.screener import Screener, is_rendition

ROOT = Path(__file__).resolve().parents[2]

# Each act that a decoder which was taken over could try; run inside the confinement.
ACTS = """
import ctypes, json, os, resource, signal, socket, sys
sys.path.insert(0, sys.argv[1])
from enrich.confinement import confine
folder, other = sys.argv[2], int(sys.argv[3])
said = confine()
acts = {
    "socket": lambda: socket.socket(),
    "fork": lambda: os.fork() or os._exit(0),
    "run": lambda: os.execv(sys.executable, [sys.executable, "-c", ""]),
    "read": lambda: open(folder + "/kept").read(),
    "empty": lambda: os.open(folder + "/kept", os.O_WRONLY | os.O_TRUNC),
    "truncate": lambda: os.truncate(folder + "/kept", 0),
    "remove": lambda: os.unlink(folder + "/kept"),
    "rename": lambda: os.rename(folder + "/kept", folder + "/moved"),
    "make": lambda: os.open(folder + "/new", os.O_CREAT | os.O_WRONLY),
    "link": lambda: os.symlink("/", folder + "/link"),
    "mode": lambda: os.chmod(folder + "/kept", 0o777),
    "signal": lambda: os.kill(other, signal.SIGTERM),
    "limits": lambda: resource.prlimit(other, resource.RLIMIT_NOFILE, (9, 9)),
    "memory of another": lambda: os.open(f"/proc/{other}/mem", os.O_RDWR),
}
done = []
for name, act in acts.items():
    try:
        act()
        done.append(name)
    except OSError:
        pass
print(json.dumps({"said": said, "done": done}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
@pytest.mark.promise("P-16")
def test_a_confined_process_reaches_no_network_no_file_and_no_other_process(
    tmp_path: Path,
) -> None:
    (tmp_path / "kept").write_text("evidence")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        ran = subprocess.run(
            [sys.executable, "-c", ACTS, str(ROOT), str(tmp_path), str(other.pid)],
            capture_output=True,
            check=True,
            text=True,
        )
        assert other.poll() is None
        other.communicate(b"\n")
    found = json.loads(ran.stdout)
    if found["said"] != "seccomp":
        pytest.skip(found["said"])
    assert found["done"] == []
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept").read_text() == "evidence"


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "ICO"])
def test_every_usual_format_is_decoded_inside_the_confinement(form: str) -> None:
    kept = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(kept, form)
    with Screener() as screener:
        found = screener.screen(kept.getvalue())
    assert (found.measured.says, found.format) == (None, form)
    assert found.rendition is not None
    assert is_rendition(found.rendition)


def test_a_format_whose_reader_starts_a_program_is_not_read() -> None:
    kept = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(kept, "EPS")
    with Screener() as screener:
        found = screener.screen(kept.getvalue())
    assert not found.measured.decoded
    assert found.measured.says == "No decoder knows its format."


@pytest.mark.parametrize(("side", "mode"), [(9, "L"), (8, "RGB"), (64, "L")])
def test_more_than_64_grey_samples_are_no_rendition(side: int, mode: str) -> None:
    kept = io.BytesIO()
    Image.new(mode, (side, side)).save(kept, "PNG")
    assert not is_rendition(kept.getvalue())


def test_a_picture_behind_the_samples_is_no_rendition() -> None:
    kept = io.BytesIO()
    Image.new("L", (8, 8)).save(kept, "PNG")
    assert is_rendition(kept.getvalue())
    assert not is_rendition(kept.getvalue() + bytes(400))
