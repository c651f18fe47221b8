"""What this machine and this vault need (`doctor`), and how things stand (`status`)."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.access import hidden_captures, hidden_cases
from cases.casebook import cases
from cases.errors import LanternError
from cases.holdings import steps_left
from cases.job_book import RUNNING, jobs_of
from cases.sequencer import last_checkpoint, tree_size, waiting_count
from cases.vault import find_vault
from collectors.browser.finding import find_browser
from collectors.browser.launching import browser_version
from collectors.ways_out import parse_way_out
from enrich import ENRICHER_VERSION, open_model
from evidence.acting import Acting, open_acting
from gate.screener import Screener
from jobs.indexing import INDEX, elastic_place, index_version
from jobs.workplace import Named
from search import IndexNeedsRebuild, check_index

if TYPE_CHECKING:
    from search.elastic_client import ElasticPlace

LOW_SPACE_BYTES = 2 << 30
_ENCRYPTED = {
    "yes": "yes, when the vault was made",
    "no": "no, when the vault was made: whoever takes the disk can read what was collected",
    "not measured": "not measured: see to it that it is",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: whether it is as it must be, and what was seen or what to do."""

    name: str
    ok: bool
    says: str


def examine(named: Named) -> list[Check]:
    """Every check in turn; one that fails says what to do, and the others are made all the same."""
    checks = [_program(), _crypto()]
    try:
        vault = find_vault(named.vault, named.environment, named.here)
    except LanternError as fault:
        return [*checks, Check("vault", False, fault.says)]
    checks.append(Check("vault", True, f"{vault.root} (format {vault.settings.vault.format})"))
    checks.append(_space(shutil.disk_usage(vault.root).free))
    checks.append(_model(vault.settings.enrich.model))
    checks.append(_tried("browser", lambda: _browser(vault.settings.collect.browser)))
    checks.append(_tried("screening of pictures", _screening))
    checks.append(_tried("way out", lambda: _way_out(vault.settings.egress.way_out)))
    try:
        with open_acting(
            vault, named.operator, keys=named.keys, environment=named.environment
        ) as acting:
            checks += list(_in_the_vault(acting))
    except LanternError as fault:
        checks.append(Check("catalogue and operator", False, fault.says))
    return checks


def _tried(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except LanternError as fault:
        return Check(name, False, fault.says)


def _program() -> Check:
    version = importlib.metadata.version("darklantern")
    return Check("program", True, f"darklantern {version}, Python {platform.python_version()}")


def _crypto() -> Check:
    return Check("TLS library", True, ssl.OPENSSL_VERSION)


def _space(free: int) -> Check:
    says = f"{free / (1 << 30):.1f} GiB free"
    if free < LOW_SPACE_BYTES:
        return Check("disk", False, f"{says}: a crawl may fill it. Free some before collecting.")
    return Check("disk", True, says)


def _model(name: str) -> Check:
    return _tried("name finder", lambda: open_model(name).version)


def _browser(setting: str) -> str:
    program = find_browser(setting)
    return f"{program} {browser_version(program)}"


def why_no_browser(named: Named) -> str | None:
    """None where pages can be collected with a browser; else the sentence that says why not."""
    try:
        vault = find_vault(named.vault, named.environment, named.here)
        find_browser(vault.settings.collect.browser, named.environment)
    except LanternError as fault:
        return fault.says
    return None


def _screening() -> str:
    """A drawn dot through the screening process: that it starts, and how it is confined."""
    with Screener() as screener:
        screener.screen(b"GIF89a\1\0\1\0\0\0\0;")
        if screener.confined != "seccomp":
            raise LanternError(
                f"Its process is confined by {screener.confined}: it could open a connection. "
                "Screen on a Linux machine, or keep the network from this one."
            )
        return "in a process of its own: limits, and no network (seccomp)"


def _way_out(text: str) -> str:
    if not text:
        raise LanternError(
            'None is set, so nothing is collected. In lantern.toml: [egress] way_out = "direct".'
        )
    return parse_way_out(text).sentence


def _in_the_vault(acting: Acting) -> Iterator[Check]:
    person = acting.person
    yield Check("operator", True, f"{person.code}, {person.name}, {person.role}")
    signed = acting.signer is not None
    where = str(acting.keys.folder)
    yield Check(
        "operator's key",
        signed,
        where if signed else f"Not at {where}: acts are asserted, not signed. Name --keys DIR.",
    )
    yield _tried("vault's key", lambda: acting.keys.needed_vault().key[:16] + " …")
    yield _tried("index", lambda: _index(acting))
    yield Check("volume encrypted", True, _ENCRYPTED[acting.vault.settings.vault.volume_encrypted])
    yield Check("clock", True, "the system's; its offset is not measured")


def _engine_named(acting: Acting) -> str:
    place = elastic_place(acting)
    return "embedded" if place is None else f"Elasticsearch at {place.address}, {place.alias}"


def _index(acting: Acting) -> str:
    place = elastic_place(acting)
    return _embedded(acting) if place is None else _cluster(acting, place)


def _cluster(acting: Acting, place: ElasticPlace) -> str:
    from search.elastic_client import SEARCH_PATIENCE_S
    from search.elastic_indices import check_elastic

    try:
        version, count = check_elastic(place, patience_s=SEARCH_PATIENCE_S)
    except IndexNeedsRebuild as fault:
        if fault.why == "missing":
            return f"none yet at {place.address}: the first `lantern work` makes it"
        raise
    where = f"at {place.address} ({place.alias}, Elasticsearch {version})"
    return f"{_told(acting, count)} {where}".strip()


def _told(acting: Acting, count: int) -> str:
    """How many captures an index holds, for whoever may see all of them."""
    with acting.catalogue.reading() as session:
        sees_all = not hidden_cases(session) and not hidden_captures(session)
    return f"{count} captures" if sees_all else ""


def _embedded(acting: Acting) -> str:
    try:
        count = _told(acting, check_index(acting.vault.index))
        return ", ".join(filter(None, (count, "every checksum holds")))
    except IndexNeedsRebuild as fault:
        if fault.why == "missing":
            return "none yet: the first `lantern work` makes it"
        raise


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand: open cases, running jobs, captures to be read, the ledger."""

    cases: int
    captures: int
    running: tuple[str, ...]
    due: int
    entries: int
    waiting: int
    checkpoint_size: int | None
    checkpoint_time: str | None
    engine: str
    way_out: str


def standing(acting: Acting) -> Standing:
    """The vault at a glance."""
    version = f"{ENRICHER_VERSION} {open_model(acting.vault.settings.enrich.model).version}"
    with acting.catalogue.reading() as session:
        held = cases(session)
        newest = last_checkpoint(session)
        seen = [case.id for case in held]
        return Standing(
            cases=sum(case.state == "open" for case in held),
            captures=sum(case.captures for case in held),
            running=tuple(job.reference for job in jobs_of(session, None, state=RUNNING)),
            due=steps_left(session, INDEX, index_version(version), seen),
            entries=tree_size(session),
            waiting=waiting_count(session),
            checkpoint_size=newest.size if newest else None,
            checkpoint_time=newest.time if newest else None,
            engine=_engine_named(acting),
            way_out=acting.vault.settings.egress.way_out or "none set",
        )
