"""The Twisted side, in a process of its own: a reactor can be installed once only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = '''
import asyncio, json, sys
from ipaddress import ip_address
from twisted.internet import asyncioreactor
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
asyncioreactor.install(loop)
from twisted.internet import reactor, defer, endpoints, protocol, ssl
from collectors.guard import Guard
from collectors.guard_egress import Timeouts
from collectors.guard_endpoint import GuardEndpoint
from collectors.guard_rules import parse_allowed
from collectors.ways_out import DIRECT, parse_way_out


class Keeps(protocol.Protocol):
    """Keeps what it gets, and how it ended."""

    def __init__(self):
        self.calls = []
        self.received = b""
        self.over = defer.Deferred()

    def connectionMade(self):
        self.calls.append("made")

    def dataReceived(self, data):
        self.calls.append("data")
        self.received += data

    def connectionLost(self, reason):
        self.calls.append("lost")
        self.reason = reason.type.__name__
        self.over.callback(None)


async def connect(guard, host, port, tls=None, **keywords):
    made = []
    factory = protocol.Factory.forProtocol(Keeps)
    endpoint = GuardEndpoint(reactor, guard, host, port, on_event=made.append, **keywords)
    if tls is not None:
        endpoint = endpoints.wrapClientTLS(tls, endpoint)
    return await endpoint.connect(factory).asFuture(loop), made


async def failure(guard, host, port, **keywords):
    try:
        await connect(guard, host, port, **keywords)
    except Exception as fault:
        return [type(fault).__name__, getattr(fault, "kind", ""), str(fault)]
    return None


async def serve(answer):
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]

{body}

async def main():
    async with asyncio.timeout(20):
        return await test()

def say(task):
    try:
        print(json.dumps(task.result()))
    except BaseException:
        import traceback
        traceback.print_exc()
    reactor.stop()

reactor.callWhenRunning(lambda: loop.create_task(main()).add_done_callback(say))
reactor.run()
'''

ROOT = Path(__file__).resolve().parents[2]


def run(body: str, **names: Any) -> Any:
    for name, value in names.items():
        body = body.replace(f"<{name}>", repr(value))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT.replace("{body}", body)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_the_protocol_gets_the_connection_and_none_of_the_handshake() -> None:
    found = run("""
async def test():
    async def answer(reader, writer):
        writer.write(b"banner, sent at once; ")
        writer.write((await reader.read(100)).upper())
        writer.close()
    server, port = await serve(answer)
    guard = Guard(way_out=DIRECT, allow=[parse_allowed(f"127.0.0.1:{port}")])
    await guard.start()
    kept, made = await connect(guard, "127.0.0.1", port)
    first = list(kept.calls)
    kept.transport.write(b"hello")
    await kept.over.asFuture(loop)
    event = kept.transport.guard_event
    await guard.close()
    server.close()
    return [first[0], kept.received.decode(), kept.calls[-1], kept.reason,
            event.peer == f"127.0.0.1:{port}", made == [event], guard.log() == (event,)]
""")
    assert found == [
        "made",
        "banner, sent at once; HELLO",
        "lost",
        "ConnectionDone",
        True,
        True,
        True,
    ]


def test_bytes_that_come_right_behind_the_reply_are_not_lost() -> None:
    # A guard of the test's own that answers in pieces of every size, the banner in with them.
    found = run("""
class Door:
    login = None
    def __init__(self, port, events):
        self.port, self.events = port, events
    def passage(self, client_port):
        return self.events[0]

async def test():
    from datetime import datetime, timezone
    from collectors.guard import GuardEvent
    from collectors.socks import encode_reply
    at = datetime.now(timezone.utc)
    stream = b"\\x05\\x00" + encode_reply(0) + b"banner"
    results = []
    for cut in range(1, len(stream)):
        async def answer(reader, writer):
            await reader.readexactly(3)
            writer.write(stream[:cut])
            await asyncio.sleep(0.01)
            writer.write(stream[cut:])
            writer.close()
        server, port = await serve(answer)
        event = GuardEvent(at, 1, "www.example.test", 80, "direct", "192.0.2.7:80")
        kept, _ = await connect(Door(port, [event]), "www.example.test", 80)
        await kept.over.asFuture(loop)
        results.append([kept.received.decode(), kept.calls[0]])
        server.close()
    return results
""")
    assert found == [["banner", "made"]] * 17


def test_every_refusal_reaches_the_caller_as_the_precise_error() -> None:
    found = run("""
async def test():
    closed, port = await serve(lambda r, w: None)
    closed.close()
    await closed.wait_closed()
    guard = Guard(way_out=DIRECT, allow=[parse_allowed(f"127.0.0.1:{port}")])
    await guard.start()
    asked = [("127.0.0.1", 8801), ("[::1]", 80), ("2852039166", 80), ("www.example.test", 22),
             ("127.0.0.1", port), ("nobody.invalid", 80), ("abc.onion", 80), ("a b", 80),
             ("", 80), ("a" * 300, 80)]
    found = [await failure(guard, *one) for one in asked]
    await guard.close()
    return found + [await failure(guard, "127.0.0.1", port)]
""")
    assert [one[:2] for one in found] == [
        ["PrivateAddress", "private-address"],
        ["PrivateAddress", "private-address"],
        ["PrivateAddress", "private-address"],
        ["RefusedPort", "refused-port"],
        ["ConnectionRefused", "connection-refused"],
        ["NameNotResolved", "dns"],
        ["NameNotResolved", "dns"],
        ["BadAddress", "bad-address"],
        ["BadAddress", "bad-address"],
        ["BadAddress", "bad-address"],
        ["GuardFailed", "guard"],
    ]
    assert "asked for as '2852039166'" in found[2][2]


def test_a_guard_that_says_nothing_or_rubbish_or_hangs_up_is_an_error() -> None:
    found = run("""
class Door:
    login = None
    def __init__(self, port):
        self.port = port
    def passage(self, client_port):
        return None

async def test():
    async def silent(reader, writer):
        await reader.read()
        writer.close()
    async def rubbish(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
        await reader.read()
        writer.close()
    async def hangs_up(reader, writer):
        await reader.read(1)
        writer.close()
    async def consents_without_record(reader, writer):
        writer.write(b"\\x05\\x00\\x05\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00")
        await reader.read()
        writer.close()
    found = []
    for answer in (silent, rubbish, hangs_up, consents_without_record):
        server, port = await serve(answer)
        found.append(await failure(Door(port), "www.example.test", 80, timeout_s=0.3))
        server.close()
    return found
""")
    assert [one[:2] for one in found] == [
        ["ConnectTimeout", "connect-timeout"],
        ["GuardFailed", "guard"],
        ["GuardFailed", "guard"],
        ["GuardFailed", "guard"],
    ]


def test_a_reset_by_the_server_is_no_clean_end_here_either() -> None:
    found = run("""
async def test():
    async def answer(reader, writer):
        writer.write(b"x" * 100000)
        await writer.drain()
        await asyncio.sleep(0.1)
        import socket, struct
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    server, port = await serve(answer)
    guard = Guard(way_out=DIRECT, allow=[parse_allowed(f"127.0.0.1:{port}")])
    await guard.start()
    kept, _ = await connect(guard, "127.0.0.1", port)
    await kept.over.asFuture(loop)
    await guard.close()
    server.close()
    return [len(kept.received), kept.reason]
""")
    assert found == [100000, "ConnectionLost"]


def test_a_connection_can_be_given_up_while_it_is_on_its_way() -> None:
    found = run("""
async def test():
    class Hangs:
        async def addresses(self, name):
            await asyncio.sleep(60)
        def close(self):
            pass
    guard = Guard(way_out=DIRECT, resolver=Hangs())
    await guard.start()
    endpoint = GuardEndpoint(reactor, guard, "www.example.test", 80)
    pending = endpoint.connect(protocol.Factory.forProtocol(Keeps))
    ended = []
    pending.addErrback(lambda failure: ended.append(failure.type.__name__))
    await asyncio.sleep(0.05)
    pending.cancel()
    await asyncio.sleep(0.05)
    await guard.close()
    return ended + [len(reactor.getDelayedCalls())]
""")
    assert found == ["ConnectingCancelledError", 0]


def test_tls_runs_end_to_end_through_the_guard(shared: Path) -> None:
    site = subprocess.Popen(
        [sys.executable, str(shared / "testsite" / "serve_site.py"), "--bind", "127.0.0.1:0,tls"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert site.stdout is not None
    ready = json.loads(site.stdout.readline())
    try:
        found = run(
            """
async def test():
    port = <port>
    guard = Guard(way_out=DIRECT, allow=[parse_allowed(f"127.0.0.1:{port}")])
    await guard.start()
    from pathlib import Path
    authority = ssl.Certificate.loadPEM(Path(<cert>).read_text())
    tls = ssl.optionsForClientTLS("localhost", authority)
    kept, made = await connect(guard, "localhost", port, tls)
    head = b"GET /badheaders HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n"
    kept.transport.write(head)
    await kept.over.asFuture(loop)
    event = kept.transport.guard_event
    await guard.close()
    return [kept.received.decode("latin-1")[:15], event.peer == f"127.0.0.1:{port}",
            event.host, made == [event], kept.calls[0]]
""",
            port=ready["listen"][0]["port"],
            cert=ready["cert"],
        )
    finally:
        site.terminate()
        site.wait(10)
        site.stdout.close()
    assert found == ["HTTP/1.1 200 OK", True, "localhost", True, "made"]


def test_the_far_end_has_the_address_that_the_guard_connected_to() -> None:
    found = run("""
async def test():
    seen = []
    class Sees(protocol.Factory):
        def buildProtocol(self, addr):
            seen.append(addr)
            return Keeps()
    async def answer(reader, writer):
        await reader.read()
        writer.close()
    server, port = await serve(answer)
    proxy_server, proxy = await serve(socks)
    for way_out, host in ((DIRECT, "localhost"), (parse_way_out(f"socks5://127.0.0.1:{proxy}"),
                                                   "www.example.test")):
        guard = Guard(way_out=way_out, allow=[parse_allowed(f"127.0.0.1:{port}")])
        await guard.start()
        target = port if way_out is DIRECT else 80
        kept = await GuardEndpoint(reactor, guard, host, target).connect(Sees()).asFuture(loop)
        seen.append(kept.transport.guard_event.resolved_at_exit)
        kept.transport.loseConnection()
        await kept.over.asFuture(loop)
        await asyncio.sleep(0.1)  # for the orderly end to arrive
        await guard.close()
    server.close()
    proxy_server.close()
    return [seen[0].host, seen[0].port == port, seen[1], seen[2].hostname.decode(), seen[3]]

async def socks(reader, writer):
    from collectors.socks import ServerHandshake, encode_reply
    handshake = ServerHandshake(None)
    while not handshake.done:
        writer.write(handshake.receive(await reader.read(100)))
    writer.write(encode_reply(0))
    await reader.read()
    writer.close()
""")
    assert found == ["127.0.0.1", True, False, "www.example.test", True]


@pytest.mark.parametrize("raises", [True, False], ids=["raises", "gives-none"])
def test_a_factory_that_builds_nothing_fails_the_connection(raises: bool) -> None:
    found = run(
        """
async def test():
    class Nothing(protocol.Factory):
        def buildProtocol(self, addr):
            if <raises>:
                raise ValueError("no")
    async def answer(reader, writer):
        await reader.read()
        writer.close()
    server, port = await serve(answer)
    guard = Guard(way_out=DIRECT, allow=[parse_allowed(f"127.0.0.1:{port}")])
    await guard.start()
    try:
        await GuardEndpoint(reactor, guard, "127.0.0.1", port).connect(Nothing()).asFuture(loop)
    except Exception as fault:
        found = type(fault).__name__
    await guard.close()
    server.close()
    return found
""",
        raises=raises,
    )
    assert found == ("ValueError" if raises else "NoProtocol")
