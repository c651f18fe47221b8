"""The desk in a real browser, by keyboard alone, on a page captured with a browser."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from browser_rig import no_browser
from desk_rig import Pictures, ServedDesk, founded, leaks, routes_of, served
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from collectors.browser.finding import find_browser

MISSING = no_browser()
pytestmark = [
    pytest.mark.xdist_group("chromium"),
    pytest.mark.skipif(MISSING is not None, reason=str(MISSING)),
]
PAGES = [
    "/",
    "/cases",
    "/cases/LINDEN",
    "/cases/LINDEN/collect",
    "/cases/LINDEN/covered",
    "/cases/LINDEN/exhibits",
    "/captures/{capture}",
    "/captures/{capture}/pictures/{sha256}",
    "/search",
    "/search?q=marker-word AND NOT smith&explain=true&company=person",
    "/search?q=(marker",
    "/searches",
    "/alerts",
    "/cases/LINDEN/entities",
    "/cases/LINDEN/crossovers",
    "/history?url=never.example.test",
    "/ledger",
    "/me",
    "/keyboard",
    "/jobs/{job}",
    "/cases/NONE",
]


@pytest.fixture(scope="module")
def seen(pictures: Pictures, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDesk]:
    """A desk over a page captured with a browser: it has screenshots, whole and safe."""
    folder = tmp_path_factory.mktemp("seen")
    lantern, captures, job = founded(folder, pictures, browser=True)
    lantern.ok("exhibit", "make", captures["/page"])
    with served(lantern, captures, job) as desk:
        yield desk


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        program = str(find_browser())
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def entered(browser: Browser, desk: ServedDesk, **settings: Any) -> Page:
    """A page with somebody signed in by a link and one press of Enter."""
    page = browser.new_context(**settings).new_page()
    page.goto(desk.address + desk.link())
    page.locator("main button").press("Enter")
    page.wait_for_url(desk.address + "/")
    return page


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what is wanted has the focus, as a person would."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"Tab never reaches {selector}")


def facts_page(desk: ServedDesk, kind: str) -> str:
    items = desk.lantern.ok("gate", "list", "--case", "LINDEN")["items"]
    item = next(each for each in items if each["kind"] == kind)
    return f"/captures/{item['capture']}/pictures/{item['sha256']}"


def test_a_day_at_the_desk_by_keyboard(
    browser: Browser, seen: ServedDesk, pictures: Pictures
) -> None:
    page = entered(browser, seen)
    answers: list[str] = []
    faults: list[str] = []
    page.on("requestfinished", lambda r: answers.append(r.url) if r.method == "GET" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(dialog.message))

    page.keyboard.press("/")
    page.keyboard.type("marker-word")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?**")
    assert page.locator("mark").all_inner_texts() == ["marker-word"]
    tab_to(page, "a[href^='/captures/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/captures/*")
    assert page.title().startswith("Capture x-")

    page.keyboard.press("n")
    page.keyboard.type("Two accounts, one number")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**said=noted**")
    assert "Two accounts, one number" in page.locator("article.note").inner_text()

    page.goto(f"{seen.address}/captures/{seen.captures['/page']}")
    tab_to(page, "summary")
    page.keyboard.press("Enter")
    tab_to(page, "a[href*='/pictures/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pictures/*")
    before = seen.lantern.ok("gate", "status", "--case", "LINDEN")
    page.keyboard.press("h")
    page.keyboard.press("Tab")
    page.keyboard.type("Drawn noise, by its facts")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/covered?said=decided")
    after = seen.lantern.ok("gate", "status", "--case", "LINDEN")
    assert after["covered"] == before["covered"] - 1
    assert after["avoided"] == before["avoided"] + 1

    assert any(url.endswith("rendition.png") for url in answers)
    again = seen.signed_in()
    for url in dict.fromkeys(answers):
        answer = again.get(url.removeprefix(seen.address))
        assert leaks(pictures.all(), answer.content) == [], url
        if answer.headers["content-type"] == "image/png":
            with Image.open(io.BytesIO(answer.content)) as shown:
                assert max(shown.size) <= 8, url
    assert faults == []
    page.context.close()


def test_a_reveal_is_small_and_grey_once_and_escape_covers_it(
    browser: Browser, seen: ServedDesk
) -> None:
    page = entered(browser, seen)
    facts = facts_page(seen, "screenshot")
    page.goto(seen.address + facts)
    tab_to(page, "summary")
    page.keyboard.press("Enter")
    tab_to(page, "form[action$='/reveal'] button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#revealed")
    size, grey = page.evaluate(
        """async () => {
          const seen = document.getElementById('revealed'); await seen.decode();
          const canvas = document.createElement('canvas');
          canvas.width = seen.naturalWidth; canvas.height = seen.naturalHeight;
          const pen = canvas.getContext('2d'); pen.drawImage(seen, 0, 0);
          const dots = pen.getImageData(0, 0, canvas.width, canvas.height).data;
          let grey = true;
          for (let i = 0; i < dots.length; i += 4)
            if (dots[i] !== dots[i + 1] || dots[i] !== dots[i + 2]) grey = false;
          return [Math.max(canvas.width, canvas.height), grey];
        }"""
    )
    assert (size, grey) == (240, True)
    assert page.locator("meta[http-equiv=refresh]").get_attribute("content").startswith("30;")
    page.keyboard.press("Escape")
    page.wait_for_url(f"**{facts}")
    assert page.locator("#revealed").count() == 0
    page.context.close()


def test_a_revealed_picture_is_covered_when_the_page_loses_the_focus(
    browser: Browser, seen: ServedDesk
) -> None:
    page = entered(browser, seen)
    facts = facts_page(seen, "screenshot")
    page.goto(seen.address + facts)
    page.locator("summary").first.press("Enter")
    page.locator("form[action$='/reveal'] button").press("Enter")
    page.wait_for_selector("#revealed")
    page.wait_for_load_state("load")  # the script that listens runs once the page is parsed
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    page.wait_for_url(f"**{facts}")
    page.context.close()


def test_a_reveal_ordered_at_the_command_line_shows_once_and_to_its_person_alone(
    browser: Browser, seen: ServedDesk
) -> None:
    facts = facts_page(seen, "screenshot")
    _, _, capture, _, sha256 = facts.split("/")
    reason = ("--reason", "check a decision", "--port", str(seen.port))
    address = seen.lantern.ok("reveal", capture, sha256, *reason)["address"]
    token = address.rpartition("/")[2]
    other = seen.signed_in("AB").post("/reveal", token=token)
    assert other.status_code == 400
    assert "somebody else ordered it" in other.text
    page = entered(browser, seen)
    page.goto(address)
    page.reload()  # to open the address uses nothing up
    tab_to(page, "main button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#revealed")
    again = seen.signed_in().post("/reveal", token=token)
    assert again.status_code == 400
    assert "used already" in again.text
    page.context.close()


def test_without_scripts_everything_is_still_reached(browser: Browser, seen: ServedDesk) -> None:
    page = entered(browser, seen, java_script_enabled=False)
    page.goto(f"{seen.address}/captures/{seen.captures['/page']}")
    page.locator("#note").fill("Without scripts")
    page.locator("#note").press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**said=noted**")
    page.goto(seen.address + facts_page(seen, "screenshot"))
    page.locator("summary").first.press("Enter")
    page.locator("form[action$='/reveal'] button").press("Enter")
    page.wait_for_selector("#revealed")
    page.locator("#cover-again").press("Enter")
    page.wait_for_url("**/pictures/*")
    page.context.close()


CHECK = """() => {
  const faults = [];
  const lum = (c) => { const [r, g, b] = c.map(v => { v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number);
    return { rgb: n.slice(0, 3), a: n.length > 3 ? n[3] : 1 }; };
  const ground = (e) => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor); if (c.a === 1) return c.rgb; }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [255, 255, 255]; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !e.checkVisibility()) continue;
    const a = lum(parse(getComputedStyle(e).color).rgb), b = lum(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const words = walker.currentNode.data.trim().slice(0, 40);
    if (ratio < 4.5) faults.push(`contrast ${ratio.toFixed(2)}: ${words}`);
  }
  for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
    if (!field.labels.length && !field.getAttribute('aria-label'))
      faults.push(`no label: ${field.name || field.id}`);
  for (const button of document.querySelectorAll('button')) {
    if (!button.innerText.trim() && button.checkVisibility()) faults.push('a button without words');
    const box = button.getBoundingClientRect();
    if (button.checkVisibility() && Math.min(box.height, box.width) < 24)
      faults.push(`small: ${button.innerText}`);
  }
  for (const picture of document.images) if (!picture.alt) faults.push(`no alt: ${picture.src}`);
  let level = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
    const here = Number(heading.tagName[1]);
    if (here > level + 1) faults.push(`heading ${heading.tagName} after h${level}`);
    level = here;
  }
  if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
  if (!document.documentElement.lang) faults.push('no language');
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  for (const id of ids) if (ids.filter(i => i === id).length > 1) faults.push(`id twice: ${id}`);
  if (document.documentElement.scrollWidth > innerWidth) faults.push('wider than the window');
  for (const link of document.querySelectorAll('a[href]:not(svg a)'))
    if (new URL(link.href).origin !== location.origin) faults.push(`leads elsewhere: ${link.href}`);
  return faults;
}"""
LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "200 % zoom": {
        "color_scheme": "light",
        "viewport": {"width": 640, "height": 450},
        "device_scale_factor": 2,
    },
    "narrow": {"color_scheme": "dark", "viewport": {"width": 320, "height": 640}},
}


@pytest.mark.parametrize("look", LOOKS)
def test_contrast_labels_headings_and_links_hold(
    browser: Browser, seen: ServedDesk, look: str
) -> None:
    page = entered(browser, seen, **LOOKS[look])
    facts = facts_page(seen, "screenshot")
    faults = {}
    for path in PAGES:
        filled = (
            path.replace("/captures/{capture}/pictures/{sha256}", facts)
            .replace("{capture}", seen.captures["/page"])
            .replace("{job}", seen.job)
        )
        page.goto(seen.address + filled)
        page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        found = page.evaluate(CHECK)
        if found:
            faults[path] = found
    assert faults == {}
    page.context.close()


def test_the_focus_is_seen_and_the_first_tab_skips_to_the_content(
    browser: Browser, seen: ServedDesk
) -> None:
    page = entered(browser, seen)
    page.goto(f"{seen.address}/cases/LINDEN")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    tab_to(page, "main a")
    width = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert width == "3px"
    page.context.close()


def test_nothing_of_a_covered_picture_is_asked_for_before_somebody_asks(
    browser: Browser, seen: ServedDesk
) -> None:
    page = entered(browser, seen)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{seen.address}/captures/{seen.captures['/page']}")
    page.mouse.move(300, 500)
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if url.endswith(".png")]
    assert {method for method, _ in routes_of(seen.place)} == {"GET", "POST"}
    page.context.close()


def test_a_search_is_narrowed_and_opened_by_keyboard_alone(
    seen: ServedDesk, browser: Browser
) -> None:
    page = entered(browser, seen, viewport={"width": 640, "height": 900})  # as at 200 % zoom
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.keyboard.press("/")
    page.keyboard.type("captured:>2020")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?**")
    tab_to(page, "aside .values a")
    page.keyboard.press("Enter")
    page.wait_for_url("**AND**")
    assert "AND" in page.locator("#q").input_value()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/captures/*search=e-*")
    assert faults == []
