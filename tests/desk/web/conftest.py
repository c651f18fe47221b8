"""A desk over a vault of hostile pages and covered pictures, made once a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from desk_rig import Pictures, ServedDesk, founded, served


@pytest.fixture(scope="session")
def pictures() -> Pictures:
    """The pictures of the hostile site."""
    return Pictures()


@pytest.fixture(scope="module")
def desk(pictures: Pictures, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDesk]:
    """The desk, served."""
    lantern, captures, job = founded(tmp_path_factory.mktemp("desk"), pictures)
    with served(lantern, captures, job) as desk:
        yield desk
