"""`python -m tests.browser.measure_canvas`: what the canvas costs per frame while it is panned, and while all statuses change.

W10 of the performance bars: script time of a frame under 8 ms at 300 nodes, 10 batches a second without dropped frames. Prints
one line of JSON per size; asserts nothing, because machines differ.
"""

import json
import os
import statistics
import sys
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from playwright.sync_api import CDPSession, Page  # noqa: E402

from tests.browser.serving import chromium, served  # noqa: E402

SIZES = (50, 300, 1000)
MOVES, BATCHES = 120, 20
LATE = 25
"""Milliseconds after which a frame at 60 a second was dropped."""
BATCH = """async (batches) => {
  const canvas = document.querySelector('workflow-canvas');
  const ids = canvas.graph.nodes.map((node) => node.id);
  const states = [['running', 'Running', 'loader-circle'], ['succeeded', 'Succeeded', 'circle-check']];
  const took = [];
  for (let at = 0; at < batches; at += 1) {
    const [status, word, icon] = states[at % 2];
    const start = performance.now();
    canvas.dispatchEvent(new CustomEvent('canvas:update', { detail: ids.map((id) => ({ id, status, word, icon })) }));
    took.push(performance.now() - start);
    await new Promise((done) => setTimeout(done, 100));
  }
  return took;
}"""
FRAMES = """() => { window.frames_ = []; let before = performance.now();
  const next = (now) => { frames_.push(now - before); before = now; window.watching = requestAnimationFrame(next); };
  window.watching = requestAnimationFrame(next); }"""
PARTS = {"script": "ScriptDuration", "style": "RecalcStyleDuration", "layout": "LayoutDuration"}


def main() -> int:
    with served() as address, chromium() as browser:
        for size in map(int, sys.argv[1:] or SIZES):
            page = browser.new_page(base_url=address, viewport={"width": 1440, "height": 900})
            print(json.dumps({"id": "W10", "nodes": size, **measured(page, size)}), flush=True)
            page.close()
    return 0


def measured(page: Page, size: int) -> dict[str, Any]:
    """The figures of one size, in milliseconds."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.goto(f"/test/canvas/made-{size}?run")
    page.wait_for_selector("workflow-canvas:defined .wc-edge", state="attached")
    loaded = spent(session)
    pan = cost(page, session, lambda: panned(page))
    updates: list[float] = []
    batch = cost(page, session, lambda: updates.extend(page.evaluate(BATCH, BATCHES)))
    return {"load": loaded, "pan": pan, "batches": {**batch, "update": round(statistics.median(updates), 2)}}


def panned(page: Page) -> None:
    page.mouse.move(700, 90)
    page.mouse.down()
    for step in range(MOVES):
        page.mouse.move(700 + 3 * step, 90 + 2 * (step % 40))
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")
    page.mouse.up()


def cost(page: Page, session: CDPSession, act: Any) -> dict[str, float]:
    """Per frame while something is done: script, style and layout; frames that came late."""
    page.evaluate(FRAMES)
    before = spent(session)
    act()
    after = spent(session)
    frames = page.evaluate("cancelAnimationFrame(watching), frames_")
    per_frame = {name: round((after[name] - before[name]) / max(1, len(frames)), 2) for name in PARTS}
    return {**per_frame, "frames": len(frames), "late": sum(frame > LATE for frame in frames)}


def spent(session: CDPSession) -> dict[str, float]:
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return {name: round(found[metric] * 1000, 1) for name, metric in PARTS.items()}


if __name__ == "__main__":
    sys.exit(main())
