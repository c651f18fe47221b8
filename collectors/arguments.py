"""Makes a collection from the arguments of a plain `scrapy crawl`.

    scrapy crawl page -a case=LINDEN -a url=https://example.test/
    scrapy crawl site -a case=LINDEN -a url=https://example.test/ -a depth=2 -a max_pages=50

The vault, the operator and the keys come by the environment, as for `lantern`; the job, its
authority and its ledger entries are the same as those of `lantern collect`.
"""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from scrapy import Spider

from cases.errors import LanternError, UsageError
from cases.vault import find_vault
from collectors.collection import Collection
from collectors.commission import Order, commission
from collectors.errors import NoCollection
from collectors.events import CaptureSealed, CollectionEvent
from collectors.plan import RobotsChoice, ScopeKind
from collectors.undertaking import Undertaking
from collectors.ways_out import parse_way_out
from evidence.acting import open_acting

ARGUMENTS = frozenset(
    {"case", "url", "depth", "scope", "max_pages", "delay", "robots", "authority", "allow_address"}
)


def order_from(arguments: dict[str, str], spider: str, default_case: str) -> Order:
    """The order that a spider's arguments describe. Raises `UsageError` naming a bad one."""
    unknown = sorted(set(arguments) - ARGUMENTS)
    if unknown:
        raise UsageError(
            f"The spider {spider} takes no argument {unknown[0]!r}. It takes: "
            f"{', '.join(sorted(ARGUMENTS))}."
        )
    case = arguments.get("case") or os.environ.get("LANTERN_CASE") or default_case
    if not case or not arguments.get("url"):
        raise NoCollection(
            f"{spider} needs a case and an address: "
            f"scrapy crawl {spider} -a case=LINDEN -a url=https://example.test/"
        )
    site = spider == "site"
    try:
        return Order(
            case=case,
            seeds=tuple(arguments["url"].split()),
            scope=ScopeKind(arguments.get("scope", "host" if site else "page")),
            depth=int(arguments.get("depth", "1" if site else "0")),
            max_pages=int(arguments.get("max_pages", "200")),
            delay_s=float(arguments.get("delay", "1")),
            robots=_robots(arguments.get("robots", "obey"), site=site),
            allow_addresses=tuple(arguments.get("allow_address", "").split()),
            authority=arguments.get("authority"),
        )
    except ValueError as fault:
        raise UsageError(f"The spider {spider} cannot take that: {fault}.") from None


def _robots(word: str, *, site: bool) -> RobotsChoice:
    if word not in ("obey", "ignore"):
        raise ValueError(f"robots is obey or ignore, not {word!r}")
    if not site:
        return RobotsChoice.NOT_ASKED
    return RobotsChoice.OBEYED if word == "obey" else RobotsChoice.IGNORED


def collection_from_arguments(spider: Spider) -> Collection:
    """The collection that the spider's arguments (`case`, `url`, …) describe, commissioned.

    A refusal is one line on standard error and exit code 1 or 2: Scrapy would print a traceback.
    """
    arguments = {
        name: str(value)
        for name, value in vars(spider).items()
        if name in ARGUMENTS or (not hasattr(Spider, name) and isinstance(value, str))
    }
    arguments.pop("name", None)
    try:
        return _commissioned(arguments, spider.name)
    except LanternError as refusal:
        sys.stderr.write(f"scrapy: {refusal.says}\n")
        raise SystemExit(refusal.exit_code) from None


def _commissioned(arguments: dict[str, str], spider: str) -> Collection:
    vault = find_vault(None, os.environ, Path.cwd())
    held = ExitStack()
    acting = held.enter_context(open_acting(vault, None, keys=None, environment=os.environ))
    atexit.register(held.close)
    order = order_from(arguments, spider, vault.settings.defaults.case)
    job, authority = commission(acting, order)
    way_out = parse_way_out(vault.settings.egress.way_out).sentence
    sys.stderr.write(f"{way_out} Authority {authority.reference}.\n")
    return Undertaking(acting, job, _say).collection


def _say(event: CollectionEvent) -> None:
    """A line for each capture: its id and outcome; the address stays out of the log."""
    if isinstance(event, CaptureSealed):
        sys.stderr.write(f"sealed {event.capture.capture} {event.capture.outcome}\n")
