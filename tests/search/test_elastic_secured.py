"""TLS and an API key before a genuine node: what is wrong with either is said, one fault a time."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from elastic_node import Cluster, forget
from secured_proxy import POOR_KEY, RIGHT_KEY, Authority, SecuredProxy, an_authority

from search.elastic_client import ElasticPlace
from search.elastic_indices import check_elastic, open_elastic, rebuild_elastic
from search.errors import EngineRefuses, EngineUnavailable, EngineUnreachable
from tests.search.test_engines import a_document, found

pytestmark = pytest.mark.xdist_group("elastic")
VAULT = "v-secured"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return an_authority(tmp_path / "ours")


@contextmanager
def secured(elastic: Cluster, authority: Authority, tls: ssl.SSLContext) -> Iterator[ElasticPlace]:
    """The place behind a proxy with this TLS, as it is rightly set."""
    if elastic.api_key or elastic.ca_file:
        pytest.skip("ELASTICSEARCH_URL has a key or a CA of its own")
    with SecuredProxy(elastic.address, tls) as proxy:
        ca = str(authority.ca_file)
        yield ElasticPlace(proxy.address, VAULT, api_key=RIGHT_KEY, ca_file=ca)


def test_with_the_right_ca_and_key_all_is_as_without(
    elastic: Cluster, authority: Authority
) -> None:
    with secured(elastic, authority, authority.server("127.0.0.1")) as place:
        with closing(rebuild_elastic(place, [a_document(1, "owl")])) as engine:
            assert found(engine, "owl") == {"c-1"}
            assert found(engine, "ow*") == {"c-1"}
        assert check_elastic(place, patience_s=1)[1] == 1
    forget(elastic, VAULT)


@pytest.mark.parametrize(
    ("host", "days", "says"),
    [
        ("other.example.test", (-1, 30), "match 'other.example.test'.*must be a name"),
        ("127.0.0.1", (-30, -1), "expired.*renew"),
    ],
    ids=["a wrong host name", "an expired certificate"],
)
def test_a_certificate_that_is_not_good_is_said(
    elastic: Cluster, authority: Authority, host: str, days: tuple[int, int], says: str
) -> None:
    with secured(elastic, authority, authority.server(host, days)) as place:
        faults(place, EngineUnreachable, f"certificate is not trusted.*({says})")


def test_a_ca_that_is_not_ours_is_not_trusted(
    elastic: Cluster, authority: Authority, tmp_path: Path
) -> None:
    other = str(an_authority(tmp_path / "other").ca_file)
    with secured(elastic, authority, authority.server("127.0.0.1")) as place:
        for ca_file in (other, ""):
            wrong = replace(place, ca_file=ca_file)
            faults(wrong, EngineUnreachable, r"certificate is not trusted.*\[search\] ca_file")


@pytest.mark.parametrize("make", [lambda path: path, lambda path: path.parent], ids=["gone", "dir"])
def test_a_ca_file_that_cannot_be_read_is_said(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    place = ElasticPlace("https://127.0.0.1:9", VAULT, ca_file=str(make(tmp_path / "no.pem")))
    faults(place, EngineUnreachable, r"its CA in .* cannot be read.*\[search\] ca_file")


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("", "401 and wants an API key"),
        ("d3Jvbmc=", "401 to the API key, which it does not know"),
        (POOR_KEY, "403 to the API key, which has not the right"),
    ],
    ids=["no key", "a wrong key", "a key without the right"],
)
def test_a_key_that_is_refused_is_said_and_never_shown(
    elastic: Cluster, authority: Authority, key: str, says: str
) -> None:
    with secured(elastic, authority, authority.server("127.0.0.1")) as place:
        fault = faults(replace(place, api_key=key), EngineRefuses, f"answers {says}")
        assert not key or key not in str(fault)


def test_plain_http_to_a_tls_port_is_said(elastic: Cluster, authority: Authority) -> None:
    with secured(elastic, authority, authority.server("127.0.0.1")) as place:
        plain = replace(place, address=place.address.replace("https:", "http:"))
        faults(plain, EngineUnreachable, "https://")


def faults(place: ElasticPlace, kind: type[EngineUnavailable], says: str) -> EngineUnavailable:
    """The fault that opening meets: of this kind, in one line, without the key."""
    with pytest.raises(kind, match=says) as fault:
        open_elastic(place, patience_s=0.3)
    assert "\n" not in str(fault.value)
    assert "lantern work" in str(fault.value)
    return fault.value
