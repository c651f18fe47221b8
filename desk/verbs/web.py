"""`desk`: the web pages and the API on loopback; a one-time link to sign in."""

from __future__ import annotations

import os
import socket
import sys

import click
import uvicorn

from cases.errors import MachineError
from cases.times import rfc3339
from desk.options import Desk, desk_options
from desk.printing import note, say
from desk.web.app import create_app
from desk.web.place import DeskPlace, hosts_for
from desk.web.protection import HEAD_LIMIT_BYTES
from jobs.signing_in import choose_passphrase, one_time_link

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class PortTaken(MachineError):
    """The port is in use, or may not be used."""

    kind = "port"


@click.command("desk")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--link", is_flag=True, help="Print a link that signs you in once, and no more.")
@click.option("--passphrase", is_flag=True, help="Set your passphrase (asked for), and no more.")
@desk_options
def desk_verb(desk: Desk, port: int, host: str, link: bool, passphrase: bool) -> None:
    """The web desk: pages and API, each person signed in as themselves.

    \b
    Example:
      lantern desk
      lantern desk --link
    """
    with desk.work() as acting:
        if passphrase:
            choose_passphrase(acting, _asked())
            desk.answer(
                {"person": acting.person.code},
                lambda: say(f"The passphrase of {acting.person.code} is set."),
            )
            return
        path, ends = one_time_link(acting)
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{port}{path}"
        place = DeskPlace(
            acting.vault.root.resolve(),
            acting.keys.folder.parent.resolve(),
            acting.person.code,
            hosts_for(host, port),
            {name: value for name, value in os.environ.items() if name.startswith("LANTERN_")},
        )
    if link:
        desk.answer(
            {"address": address, "expires": rfc3339(ends), "person": place.keeper},
            lambda: say(f"Once, until {rfc3339(ends)}, as {place.keeper}: {address}"),
        )
        return
    _serve(place, host, port, address)


def _asked() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _serve(place: DeskPlace, host: str, port: int, address: str) -> None:
    listener = _listener(host, port)
    if host not in LOOPBACK:
        note(
            f"lantern: the desk listens on {host}, not on loopback alone, and speaks plain HTTP: "
            "put a TLS proxy that you trust before it."
        )
    say(f"The desk is at http://{host}:{port}/ (Ctrl-C ends it).")
    say(f"Sign in once, as {place.keeper}: {address}")
    sys.stdout.flush()
    settings = uvicorn.Config(
        create_app(place),
        log_level="warning",
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=HEAD_LIMIT_BYTES,
        timeout_graceful_shutdown=3,  # an open page of a job must not keep the desk from ending
    )
    uvicorn.Server(settings).run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as fault:
        raise PortTaken(
            f"The desk cannot listen on {host}:{port} ({fault.strerror}). Choose another: "
            "lantern desk --port 8081"
        ) from None
