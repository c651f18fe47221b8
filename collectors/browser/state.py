"""State 0: what the page is at its first settling, before any act of ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from playwright.async_api import Error as BrowserError

from cases.times import Clock
from collectors.browser.page_session import PageBusy, PageSession
from evidence.exchange import Resource
from evidence.page_members import DOM, PICTURES, SCREENSHOT, VISIBLE_TEXT

TILE_PIXELS = 4096  # below every driver's texture limit (8192 and up), in CSS pixels
MOST_TILES = 48
SCREENSHOT_S = 30.0

_DOM = """(() => {
  const roots = [];
  const walk = (node) => {
    for (const element of node.querySelectorAll('*')) {
      if (element.shadowRoot) { roots.push(element.shadowRoot); walk(element.shadowRoot); }
    }
  };
  walk(document);
  const type = document.doctype;
  const head = type ? new XMLSerializer().serializeToString(type) + '\\n' : '';
  const root = document.documentElement;
  if (!root) return head;
  const inner = root.getHTML ? root.getHTML({serializableShadowRoots: true, shadowRoots: roots})
                             : root.innerHTML;
  const shell = root.cloneNode(false).outerHTML;
  const end = shell.lastIndexOf('</');
  return head + (end < 0 ? shell + inner : shell.slice(0, end) + inner + shell.slice(end));
})()"""

_TEXT = """(() => {
  const parts = [];
  const read = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) {
        for (const child of element.shadowRoot.children) parts.push(child.innerText || '');
        read(element.shadowRoot);
      }
    }
  };
  const root = document.body || document.documentElement;
  parts.push(root ? root.innerText || root.textContent || '' : '');
  read(document);
  return parts.filter(Boolean).join('\\n');
})()"""

_PICTURES = """(() => {
  const found = [], MOST = 5000;
  const add = (element, kind, url) => {
    if (found.length >= MOST) return;
    const box = element.getBoundingClientRect();
    found.push({
      kind, url: String(url || '').slice(0, 4096),
      x: Math.round(box.x + scrollX), y: Math.round(box.y + scrollY),
      width: Math.round(box.width), height: Math.round(box.height),
      natural_width: element.naturalWidth || element.videoWidth || null,
      natural_height: element.naturalHeight || element.videoHeight || null,
      alt: String(element.alt || element.getAttribute('aria-label') || '').slice(0, 500),
    });
  };
  const walk = (root) => {
    for (const element of root.querySelectorAll('*')) {
      const name = element.localName;
      if (name === 'img') add(element, 'img', element.currentSrc || element.src);
      else if (name === 'svg' && !element.ownerSVGElement) add(element, 'svg', '');
      else if (name === 'image') add(element, 'svg', element.href && element.href.baseVal);
      else if (name === 'video') add(element, 'video', element.poster || element.currentSrc);
      else if (name === 'canvas') add(element, 'canvas', '');
      else if (name === 'object') add(element, name, element.data);
      else if (name === 'embed') add(element, name, element.src);
      else if (name === 'input' && element.type === 'image') add(element, 'img', element.src);
      for (const pseudo of [null, '::before', '::after']) {
        const style = getComputedStyle(element, pseudo);
        for (const value of [style.backgroundImage, style.content, style.listStyleImage]) {
          for (const match of String(value).matchAll(/url\\("?(.*?)"?\\)/g)) {
            add(element, 'background', match[1]);
          }
        }
      }
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  return found;
})()"""


@dataclass(slots=True)
class State:
    """What was kept of state 0, and what could not be."""

    resources: list[Resource] = field(default_factory=list)
    dom: str = ""
    dom_at: datetime | None = None
    screenshot_at: datetime | None = None
    title: str = ""
    lost: list[str] = field(default_factory=list)


async def state_zero(page: PageSession, clock: Clock, state: State) -> None:
    """Fill `state` from the page as it stands. Raises `PageBusy` where its script blocks all."""
    state.dom = str(await page.evaluate(_DOM) or "")
    state.dom_at = clock()
    state.resources.append(text_resource(DOM, "text/html; charset=utf-8", state.dom_at, state.dom))
    for name, media_type, script in (
        (VISIBLE_TEXT, "text/plain; charset=utf-8", _TEXT),
        (PICTURES, "application/json", _PICTURES),
    ):
        try:
            said = await page.evaluate(script)
        except (PageBusy, BrowserError) as fault:
            state.lost.append(f"{name}: {fault or 'the page did not answer'}")
            continue
        text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        state.resources.append(text_resource(name, media_type, clock(), text))
    at = clock()
    taken = await tiles(page, SCREENSHOT, clock, state.lost)
    state.screenshot_at = at if taken else None
    state.resources += taken


async def tiles(page: PageSession, name: str, clock: Clock, lost: list[str]) -> list[Resource]:
    """The whole page as PNG tiles from top to bottom, each no higher than `TILE_PIXELS`.

    Those of a page that is too long, or that takes longer than `SCREENSHOT_S`, are the first.
    """
    taken: list[Resource] = []
    height = 0
    try:
        async with asyncio.timeout(SCREENSHOT_S):
            width, height = await page.content_size()
            width = max(1, min(width, TILE_PIXELS))
            for top in range(0, max(1, min(height, TILE_PIXELS * MOST_TILES)), TILE_PIXELS):
                png = await page.picture(0, top, width, max(1, min(TILE_PIXELS, height - top)))
                taken.append(Resource(f"{name}{len(taken)}", "image/png", clock(), png))
    except BrowserError as fault:
        lost.append(f"{name} {str(fault).splitlines()[0][:200]}")
    except TimeoutError:
        lost.append(f"{name} it took longer than {SCREENSHOT_S:.0f} s")
    if len(taken) * TILE_PIXELS < height:
        lost.append(f"{name} the page is {height} pixels high; the first {len(taken)} tiles stand")
    return taken


def text_resource(url: str, media_type: str, at: datetime, text: str) -> Resource:
    """A text of ours as a resource."""
    return Resource(url, media_type, at, text.encode("utf-8", "replace"))


def json_resource(url: str, at: datetime, value: Sequence[object]) -> Resource:
    """A list of ours as a resource."""
    return text_resource(url, "application/json", at, json.dumps(value, ensure_ascii=False))
