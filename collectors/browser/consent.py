"""The one behaviour of this collector: a consent banner is refused, on record, never accepted.

Nearly every UK news page covers itself with one. Nothing is removed from the page: a control that
a person could press is pressed, in the page or in the frame of a consent service, and the log says
which, when, and whether the banner went. It runs after state 0 was kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import re

from playwright.async_api import Error as BrowserError
from playwright.async_api import Frame, Locator, Page

from cases.times import Clock, rfc3339

BEHAVIOUR = "refuse-consent/1"
LOOK_S = 2.0
PRESS_S = 3.0
_FRAMES = 20  # frames that are looked into, the page's own first

# What the common consent services call their refusal, by their own documentation.
_KNOWN = (
    "#onetrust-reject-all-handler",
    "#CybotCookiebotDialogBodyButtonDecline",
    "#CybotCookiebotDialogBodyLevelButtonLevelOptinDeclineAll",
    "button.sp_choice_type_13",
    "button[title='Reject all' i]",
    ".qc-cmp2-summary-buttons button[mode='secondary']",
    "#didomi-notice-disagree-button",
    "[data-testid='uc-deny-all-button']",
    ".cmpboxbtnno",
    ".fc-cta-do-not-consent",
    "#truste-consent-required",
    ".osano-cm-denyAll",
    ".cky-btn-reject",
    ".iubenda-cs-reject-btn",
    "#tarteaucitronAllDenied2",
    ".cc-deny",
)
_REFUSALS = re.compile(
    r"^\s*(reject( (all|cookies|additional|optional|non-essential|and close))*( cookies)?|"
    r"(decline|deny|refuse|disagree)( all)?( (optional|additional|non-essential))?( cookies)?|"
    r"(accept |allow |use )?(only )?(strictly )?(necessary|essential|required)( cookies)?( only)?|"
    r"continue without (accepting|consent|agreeing)|do not (consent|accept|agree)|no,? thanks?|"
    r"i do not (accept|agree|consent)|object to all|opt[- ]out( of all)?|"
    r"(alle )?ablehnen|(tout )?refuser|rechazar( todo)?|rifiuta( tutto)?)\s*[.!]?\s*$",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"cookie|consent|privacy|tracking|partners|personal(ised|ized) ads", re.I)

_CONTROLS = "button, [role=button], a[href='#'], input[type=button], input[type=submit]"

Log = dict[str, object]


def refuses(label: str) -> bool:
    """Whether a control with these words, and no others, refuses. Pure."""
    return len(label) < 120 and _REFUSALS.match(label) is not None


async def refuse_consent(page: Page, clock: Clock) -> list[Log]:
    """What was pressed, as log lines; empty where no banner with a refusal was seen."""
    for frame in list(page.frames)[:_FRAMES]:
        with contextlib.suppress(BrowserError, TimeoutError):
            async with asyncio.timeout(LOOK_S + PRESS_S * 2):
                found = await _refusal(frame)
                if found is not None:
                    return [await _press(frame, *found, clock)]
    return []


async def _refusal(frame: Frame) -> tuple[Locator, str] | None:
    """A visible control that refuses, and how it was told; known services first."""
    for selector in _KNOWN:
        control = frame.locator(selector).first
        if await control.count() and await control.is_visible():
            return control, selector
    controls = frame.locator(_CONTROLS)
    for number in range(min(await controls.count(), 200)):
        control = controls.nth(number)
        label = await _label(control)
        if not refuses(label) or not await control.is_visible():
            continue
        if await _about_consent(control):
            return control, f"control labelled {label.strip()[:80]!r}"
    return None


async def _label(control: Locator) -> str:
    text = await control.evaluate(
        "e => e.innerText || e.value || e.getAttribute('aria-label') || e.title || ''"
    )
    return str(text)


async def _about_consent(control: Locator) -> bool:
    """Whether the words around it speak of consent: a plain "No thanks" may be anything."""
    around = await control.evaluate(
        """e => { let node = e, text = '';
            for (let up = 0; up < 8 && node; up++) {
              node = node.parentElement || (node.getRootNode() || {}).host;
              if (!node || node === document.body) break;
              text = (node.innerText || '').slice(0, 4000); if (text.length > 400) break; }
            return text; }"""
    )
    words = str(around)
    return _ABOUT.search(words) is not None


async def _press(frame: Frame, control: Locator, how: str, clock: Clock) -> Log:
    line: Log = {
        "behaviour": BEHAVIOUR,
        "at": rfc3339(clock()),
        "selector": how,
        "frame": frame.url[:2048],
        "before": "the refusal was visible",
    }
    try:
        await control.click(timeout=PRESS_S * 1000, no_wait_after=True)
        await asyncio.sleep(0.4)
        gone = not await control.is_visible()
        line["after"] = "the banner went" if gone else "the refusal is still visible"
    except BrowserError as fault:
        line["after"] = f"it could not be pressed: {str(fault).splitlines()[0][:200]}"
    return line
