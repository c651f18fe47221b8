"""Telling a program of one's own that there are alerts: ids and counts, to one allowed address.

A plain direct connection that follows nothing and is bounded in time and bytes. It is no
collection: it goes through no way out and never through a persona's, so that what watches cannot
be tied to what was collected.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import json
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.identity import new_id
from cases.settings import WatchSection
from cases.times import rfc3339
from cases.watch_tables import Alert, WatchNotice
from evidence.acting import Acting

DEADLINE_S: Final = 5.0  # of one notice, from connecting to the status line
ROUND_S: Final = 10.0  # of all the notices of one round
MAX_IDS: Final = 500  # in one notice; `count` counts all
SENT_AT_ONCE: Final = 20
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What came of sending: notices that arrived, and those that wait for another try."""

    sent: int
    waiting: int


def add_notice(session: Session, vault: str, alerts: list[Alert], *, now: datetime) -> None:
    """Keep a notice of these alerts to be sent: their ids and counts, no name, no text."""
    held = {
        "vault": vault,
        "count": len(alerts),
        "alerts": [
            {"id": alert.id, "watch": alert.watch_id, "capture": alert.capture_id}
            for alert in alerts[:MAX_IDS]
        ],
    }
    notice = WatchNotice(
        id=new_id("q"), body=json.dumps(held), at=rfc3339(now), tries=0, next_at=rfc3339(now),
        fault="",
    )  # fmt: skip
    session.add(notice)
    session.flush()


def deliver(acting: Acting) -> Delivered:
    """Send the notices that are due; one that fails waits twice as long each time, and is kept.

    The first that fails ends the round: the others would only wait on the same door.
    """
    settings, now = acting.vault.settings.watch, rfc3339(acting.clock())
    with acting.catalogue.reading() as session:
        unsent = select(WatchNotice).where(WatchNotice.sent_at.is_(None))
        waiting = len(session.scalars(unsent).all())
        due = unsent.where(WatchNotice.next_at <= now).order_by(WatchNotice.at)
        notices = [(n.id, n.body) for n in session.scalars(due.limit(SENT_AT_ONCE))]
    sent, until = 0, monotonic() + ROUND_S
    for notice, body in notices if settings.webhook else []:
        if monotonic() > until:
            break
        fault = post(settings, body.encode("ascii"))
        _note(acting, notice, fault)
        if fault:
            break
        sent += 1
    return Delivered(sent, waiting - sent)


def _note(acting: Acting, notice: str, fault: str) -> None:
    now = acting.clock()
    with acting.catalogue.writing() as session:
        row = session.get_one(WatchNotice, notice)
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(row.tries, 11))
        row.tries, row.fault = row.tries + 1, fault
        if fault:
            row.next_at = rfc3339(now + wait)
        else:
            row.sent_at = rfc3339(now)


def post(settings: WatchSection, body: bytes) -> str:
    """Send one notice; why it did not arrive, empty where the answer was 2xx."""
    place = urlsplit(settings.webhook)
    host = place.hostname or ""
    port = place.port or (443 if place.scheme == "https" else 80)
    until = monotonic() + DEADLINE_S
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        peers = [str(each[4][0]) for each in found if _allowed(settings, host, str(each[4][0]))]
        if not peers:  # not a first packet is sent to find that out
            return "the address is neither of this machine nor of an allowed host"
        with _connected(peers, port) as plain:
            connection = plain if place.scheme == "http" else _secured(plain, host)
            path = (place.path or "/") + (f"?{place.query}" if place.query else "")
            connection.sendall(_request(path, place.netloc, body))
            return _fault_of(_status_line(connection, until))
    except TimeoutError:
        return f"no answer within {DEADLINE_S:.0f} seconds"
    except (OSError, ValueError) as fault:
        return f"{type(fault).__name__}: {str(fault)[:200]}"


def _connected(peers: list[str], port: int) -> socket.socket:
    """A connection to the first of these addresses that takes one. Raises `OSError`."""
    *others, last = dict.fromkeys(peers)
    for peer in others:
        with contextlib.suppress(OSError):
            return socket.create_connection((peer, port), timeout=DEADLINE_S)
    return socket.create_connection((last, port), timeout=DEADLINE_S)


def _allowed(settings: WatchSection, host: str, peer: str) -> bool:
    """Whether to speak to who answers: a host that is allowed by name, or this machine."""
    loopback = ipaddress.ip_address(peer.partition("%")[0]).is_loopback
    return loopback or host in settings.allowed_hosts


def _secured(plain: socket.socket, host: str) -> socket.socket:
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _request(path: str, netloc: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {netloc}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nUser-Agent: darklantern\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body


def _status_line(connection: socket.socket, until: float) -> bytes:
    """The first bytes of the answer; nothing else of it is read."""
    read = b""
    while len(read) < 12:
        left = until - monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        piece = connection.recv(12 - len(read))
        if not piece:
            break
        read += piece
    return read


def _fault_of(line: bytes) -> str:
    code = line[9:12]
    if not line.startswith(b"HTTP/1.") or not code.isdigit():
        return "what answered speaks no HTTP"
    status = int(code)
    said = http.client.responses.get(status, "")
    return "" if 200 <= status < 300 else f"it answered {status} {said}".strip()
