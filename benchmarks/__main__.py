"""Every measured claim of docs/performance.md, one after the other: `python -m benchmarks`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPTS = (
    "crawl_speed.py",
    "verify_speed.py",
    "enrich_speed.py",
    "search_speed.py",
    "find_speed.py",
    "browser.py",
    "screening.py",
    "desk_view.py",
)


def run() -> int:
    """The number of scripts that failed."""
    failed = 0
    for script in SCRIPTS:
        print(f"== {script}", flush=True)
        path = Path(__file__).parent / script
        failed += subprocess.run([sys.executable, str(path)], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(run())
