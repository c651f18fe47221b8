"""What every room's tests share: where the real inputs lie, and a fixed clock."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs beside the repository; what needs it skips where it is absent."""
    folder = Path(os.environ.get("LANTERN_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the shared inputs, which are not at {folder}; set LANTERN_SHARED")
    return folder


@pytest.fixture
def noon() -> datetime:
    """A fixed instant: 1 March 2026, 12:00:00 UTC."""
    return datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
