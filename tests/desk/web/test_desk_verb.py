"""`lantern desk` as a person starts it: a process, an address, a link, an end."""

from __future__ import annotations

import io
import signal
import socket
import sys
import time
from unittest import mock

import httpx
import pytest
from lantern_rig import Lantern


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_the_desk_starts_says_its_address_signs_in_once_and_ends_at_ctrl_c(
    lantern: Lantern,
) -> None:
    port = free_port()
    desk = lantern.start("desk", "--port", str(port))
    assert desk.stdout is not None
    assert desk.stderr is not None
    assert f"http://127.0.0.1:{port}/" in desk.stdout.readline()
    path = "/" + desk.stdout.readline().strip().split("/", 3)[3]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        assert client.get(path).status_code == 200
        token = path.rpartition("/")[2]
        assert client.post("/sign-in/link", data={"token": token}).status_code == 303
        assert "Jo Smith" in client.get("/").text
        answer = client.get("/")
        assert "server" not in answer.headers
    desk.send_signal(signal.SIGINT)
    assert desk.wait(timeout=20) in (0, 130)
    assert "Traceback" not in desk.stderr.read()
    desk.stdout.close()
    desk.stderr.close()


def test_a_port_that_is_taken_gives_one_clear_line(lantern: Lantern) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = lantern("desk", "--port", str(taken.getsockname()[1]))
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "cannot listen on" in ran.err
    assert "lantern desk --port" in ran.err


def test_a_passphrase_is_set_from_standard_input_and_printed_nowhere(lantern: Lantern) -> None:
    words = "a lamp with a shutter"
    with mock.patch.object(sys, "stdin", io.StringIO(words + "\n")):
        ran = lantern("desk", "--passphrase")
    assert ran.code == 0, ran.err
    assert words not in ran.out + ran.err
    with mock.patch.object(sys, "stdin", io.StringIO("short\n")):
        refused = lantern("desk", "--passphrase")
    assert refused.code == 2
    assert "at least 12 characters" in refused.err
    acts = [entry["act"] for entry in lantern.ok("ledger", "list")["entries"]]
    assert acts.count("sign-in.passphrase") == 1


@pytest.mark.parametrize("operator", ["JS", "AB"])
def test_a_link_signs_in_the_person_who_made_it(lantern: Lantern, operator: str) -> None:
    lantern.ok("person", "add", "AB", "--name", "Alex Brown")
    made = lantern.ok("desk", "--link", "--operator", operator)
    assert made["person"] == operator
    assert made["address"].startswith("http://127.0.0.1:8080/sign-in/link/")
    assert len(made["address"].rpartition("/")[2]) == 43  # 256 bits
    assert made["expires"] > time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
