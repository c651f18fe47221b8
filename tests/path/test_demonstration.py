"""What `make run` shows: the whole road, with the commands that a user would type."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from collectors.browser.finding import BrowserMissing, find_browser

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.xdist_group("chromium"), pytest.mark.slow]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the demonstration prints, from end to end, in a folder of its own."""
    try:
        find_browser()
    except BrowserMissing as missing:
        pytest.skip(f"there is no browser: {missing.says}")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LANTERN_")},
        "PYTHONPATH": str(ROOT),
    }
    ran = subprocess.run(
        [sys.executable, "-m", "desk.demo"],
        cwd=tmp_path_factory.mktemp("demonstration"),
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return ran.stdout


@pytest.mark.parametrize(
    "line",
    [
        "Job DEMO-J1 finished: complete",
        "complete  http://127.0.0.1:",
        "Exposures avoided: 1 decided without a look; 0 of these",
        "Encrypted to its recipients",
        "THE BUNDLE HOLDS",
        "Nothing has changed: every digest, number and signature holds.",
        "lantern desk  ",
    ],
)
def test_the_demonstration_walks_the_whole_road(shown: str, line: str) -> None:
    assert line in shown


def test_the_demonstration_finds_what_only_a_script_wrote(shown: str) -> None:
    found = shown.split("A number that only a script wrote.")[1].split("7. Pictures")[0]
    assert "1 found." in found
    assert "stall.html" in found
