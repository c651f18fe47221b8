"""What a page's own bytes say about whether it is the page: a login form, a challenge. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree, html

LOOKED_AT_BYTES = 512 * 1024
FEW_WORDS = 200  # beside a password field: a login page's labels and footer, not an article

# What challenge pages carry, as their makers serve them (seen on their own documentation and
# pages): the mark, and whose it is.
CHALLENGES: tuple[tuple[bytes, str], ...] = (
    (b"/cdn-cgi/challenge-platform/", "Cloudflare"),
    (b"cf-chl-", "Cloudflare"),
    (b"captcha-delivery.com", "DataDome"),
    (b"_Incapsula_Resource", "Imperva"),
    (b"px-captcha", "HUMAN"),
    (b"awswaf.com", "AWS WAF"),
    (b"ddos-guard.net", "DDoS-Guard"),
    (b"/.well-known/sgcaptcha/", "SiteGround"),
    (b"/recaptcha/api.js", "reCAPTCHA"),
    (b"hcaptcha.com/1/api.js", "hCaptcha"),
    (b"challenges.cloudflare.com/turnstile", "Cloudflare Turnstile"),
)
_PASSWORD = re.compile(rb"<input[^>]{0,500}type\s*=\s*[\"']?password", re.IGNORECASE)
_UNSEEN = ("script", "style", "noscript", "template", "head")


@dataclass(frozen=True, slots=True)
class PageSigns:
    """`challenge` names whose challenge is on the page; `words` counts what a reader would see,
    and is only counted where there is a sign at all.
    """

    password_field: bool = False
    challenge: str | None = None
    words: int = 0

    @property
    def few_words(self) -> bool:
        """Whether so little stands there that the form or challenge is the page."""
        return self.words < FEW_WORDS


NO_SIGNS = PageSigns()


def read_signs(body: bytes) -> PageSigns:
    """The signs on an HTML page, content coding removed. Never raises."""
    start = body[:LOOKED_AT_BYTES]
    password = _PASSWORD.search(start) is not None
    challenge = next((maker for mark, maker in CHALLENGES if mark in start), None)
    if not password and challenge is None:
        return NO_SIGNS
    return PageSigns(password, challenge, _visible_words(start))


def _visible_words(body: bytes) -> int:
    try:
        page = html.document_fromstring(body)
    except (etree.LxmlError, ValueError):
        return 0
    etree.strip_elements(page, *_UNSEEN, with_tail=False)
    return len(page.text_content().split())
