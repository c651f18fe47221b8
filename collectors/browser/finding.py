"""Finds a Chromium: by setting, by name on the path, then Playwright's own download."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from cases.errors import MachineError

SETTING = "LANTERN_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_DOWNLOADED = ("chrome-linux*/chrome", "chrome-mac*/*/Contents/MacOS/*", "chrome-win*/chrome.exe")


class BrowserMissing(MachineError):
    """There is no browser to collect with."""

    kind = "browser-missing"


def find_browser(setting: str = "", environment: Mapping[str, str] = os.environ) -> Path:
    """The browser's program: the setting's, `LANTERN_BROWSER`'s, one on the path, Playwright's.

    Raises `BrowserMissing` where there is none, or where the one that was named is not there.
    """
    named = setting or environment.get(SETTING, "")
    if named:
        if os.access(named, os.X_OK):
            return Path(named)
        raise BrowserMissing(f"The browser {named!r} cannot be run. Mend the setting, or leave it.")
    for name in NAMES:
        found = shutil.which(name, path=environment.get("PATH"))
        if found:
            return Path(found)
    downloaded = _of_playwright(environment)
    if downloaded is not None:
        return downloaded
    raise BrowserMissing(
        "There is no browser. Install one: apt-get install chromium (as root), or without root: "
        f"playwright install chromium. Or name one: {SETTING}=/path/to/chromium"
    )


def _of_playwright(environment: Mapping[str, str]) -> Path | None:
    root = Path(environment.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright")
    for pattern in _DOWNLOADED:
        for program in sorted(root.glob(f"chromium-*/{pattern}"), reverse=True):
            if os.access(program, os.X_OK):
                return program
    return None


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{find_browser()}\n")
    except BrowserMissing as missing:
        sys.exit(missing.says)
