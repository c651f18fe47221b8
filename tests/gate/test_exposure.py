"""The exposure record: one key however many ask at once, and nothing readable without it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from cases.identity import CaptureId, CaseId, PersonId, Sha256
from gate.exposure import KEY_FILE, RETENTION_DAYS, Exposure, ExposureStore

JO = PersonId("p-jo")


def _seen(at: datetime) -> Exposure:
    return Exposure(JO, CaseId("c-a"), CaptureId("x-a"), Sha256("a" * 64), "full", at)


def test_many_who_open_it_at_once_make_one_key_and_read_each_other(
    tmp_path: Path, noon: datetime
) -> None:
    ExposureStore(tmp_path / "exposure.db", tmp_path / "first").close()

    def keep(number: int) -> None:
        store = ExposureStore(tmp_path / "exposure.db", tmp_path / "keys")
        store.keep(_seen(noon + timedelta(seconds=number)))
        store.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep, range(24)))
    key = tmp_path / "keys" / KEY_FILE
    assert [path.name for path in (tmp_path / "keys").iterdir()] == [KEY_FILE]
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    store = ExposureStore(tmp_path / "exposure.db", tmp_path / "keys")
    assert len(store.of(JO)) == 24
    store.close()


def test_what_is_older_than_the_retention_goes_and_another_key_reads_nothing(
    tmp_path: Path, noon: datetime
) -> None:
    store = ExposureStore(tmp_path / "exposure.db", tmp_path / "keys")
    store.keep(_seen(noon))
    store.keep(_seen(noon + timedelta(days=RETENTION_DAYS + 1)))
    assert [each.at for each in store.of(JO)] == [noon + timedelta(days=RETENTION_DAYS + 1)]
    store.close()
    other = ExposureStore(tmp_path / "exposure.db", tmp_path / "other")
    assert other.of(JO) == []
    other.close()
