from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.errors import UsageError
from cases.scope import covers, host_pattern

COVERED = [
    ("example.test", "https://example.test/page"),
    ("example.test", "http://EXAMPLE.test.:80/"),
    ("EXAMPLE.TEST", "https://example.test"),
    ("*.example.test", "https://a.b.example.test/"),
    ("*.example.test", "https://example.test/"),
    ("example.test:8080", "http://example.test:8080/x"),
    ("example.test:443", "https://example.test/"),
    ("https://example.test", "https://example.test/x"),
    ("example.test/forum", "https://example.test/forum/thread?id=3"),
    ("example.test/forum/", "https://example.test/forum"),
    ("127.0.0.1", "http://127.0.0.1:8801/article/1"),
    ("127.0.0.1:8801", "http://127.0.0.1:8801/"),
    ("[::1]:8080", "http://[::1]:8080/"),
    ("bücher.example", "https://xn--bcher-kva.example/"),
]

NOT_COVERED = [
    ("example.test", "https://www.example.test/"),
    ("example.test", "https://notexample.test/"),
    ("*.example.test", "https://evilexample.test/"),
    ("example.test:8080", "http://example.test/"),
    ("https://example.test", "http://example.test/"),
    ("example.test/forum", "https://example.test/forums"),
    ("example.test/forum", "https://example.test/forum/../admin"),
    ("example.test/forum", "https://example.test/forum/%2e%2e/admin"),
    ("example.test/forum", "https://example.test/"),
    ("example.test", "ftp://example.test/"),
    ("example.test", "https://example.test@evil.test/"),
    ("example.test", "https://evil.test/example.test"),
    ("example.test", "not an address"),
    ("example.test", "https://example.test:99999/"),
]


@pytest.mark.standard("AUT-1")
@pytest.mark.parametrize(("pattern", "url"), COVERED)
def test_a_scope_covers_what_it_names(pattern: str, url: str) -> None:
    assert host_pattern(pattern).covers(url)


@pytest.mark.standard("AUT-5")
@pytest.mark.parametrize(("pattern", "url"), NOT_COVERED)
def test_a_scope_covers_nothing_that_it_does_not_name(pattern: str, url: str) -> None:
    assert not host_pattern(pattern).covers(url)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "*",
        "*.test",
        "*.127.0.0.1",
        "ftp://example.test",
        "a b",
        "example.test:port",
        "u@h.test",
    ],
)
def test_a_scope_that_is_no_host_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="Scope"):
        host_pattern(pattern)


@given(st.text(max_size=60))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        pattern = host_pattern(text)
    except UsageError:
        return
    assert not pattern.covers("https://elsewhere.invalid/") or pattern.host in (
        "elsewhere.invalid",
        "invalid",
    )


@given(st.text(max_size=80))
def test_no_address_is_covered_by_accident(url: str) -> None:
    assert not covers(["only.example.test"], url)
