"""The canvas in a real browser: what is drawn, what keys and pointers do, what updates change. Read-only."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.waiting import until

AXE = Path(__file__).resolve().parents[1] / "vendor" / "axe.js"
HEARD = """
window.heard = [];
for (const name of ['open', 'select']) {
  document.addEventListener(`canvas:${name}`, ({ detail }) => heard.push([name, detail.id ?? detail.ids]));
}
"""
HIDE = """
const hidden = new CSSStyleSheet();
hidden.replaceSync('.graph { display: none }');
document.adoptedStyleSheets = [hidden];
"""


@pytest.fixture
def canvas(page: Page) -> Page:
    """The support ticket as a run."""
    return opened(page, "support_ticket?run")


def opened(page: Page, address: str) -> Page:
    page.add_init_script(HEARD)
    page.goto(f"/test/canvas/{address}")
    if "outline" not in address:
        page.wait_for_selector("workflow-canvas:defined .wc-edge", state="attached")
    return page


def ask(page: Page, question: str) -> Any:
    """What the canvas answers."""
    return page.evaluate(f"document.querySelector('workflow-canvas').{question}")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('[data-node]')?.dataset.node ?? ''"))


def node(page: Page, key: str) -> Any:
    return page.locator(f'[data-node="{key}"]')


def edge(page: Page, key: str) -> Any:
    return page.locator(f'g[data-edge="{key}"]')


def scale(page: Page) -> float:
    return float(ask(page, "view.k"))


def heard(page: Page) -> list[Any]:
    found: list[Any] = page.evaluate("heard")
    return found


def test_every_step_and_every_edge_is_drawn_and_seen_whole(canvas: Page) -> None:
    assert canvas.locator(".wc-node").count() == 12
    assert canvas.locator(".wc-edge").count() == 17
    outer = canvas.locator("workflow-canvas").bounding_box()
    assert outer
    for card in canvas.locator(".wc-node").all():
        box = card.bounding_box()
        assert box
        assert outer["x"] <= box["x"]
        assert box["x"] + box["width"] <= outer["x"] + outer["width"]
        assert outer["y"] <= box["y"]
        assert box["y"] + box["height"] <= outer["y"] + outer["height"]


def test_edges_begin_and_end_at_their_ports(canvas: Page) -> None:
    ends = """(() => { const line = document.querySelector('[data-edge="classify.access>access"] path');
        const at = (length) => line.getPointAtLength(length).matrixTransform(line.getScreenCTM());
        const middle = (port) => { const r = document.querySelector(port).getBoundingClientRect();
            return [r.x + r.width / 2, r.y + r.height / 2]; };
        const [a, b] = [at(0), at(line.getTotalLength())];
        return [[a.x, a.y], middle('[data-node=classify] [data-port=access]'), [b.x, b.y],
            middle('[data-node=access] [data-port=in]')]; })()"""
    start, source, end, target = canvas.evaluate(ends)
    assert start == pytest.approx(source, abs=1.5)
    assert end == pytest.approx(target, abs=1.5)


def test_labels_are_the_names_of_ports_and_cover_neither_cards_nor_each_other(canvas: Page) -> None:
    labels = canvas.locator(".wc-label")
    assert set(labels.all_text_contents()) == {"billing", "access", "delivery", "technical", "cancellation", "ask_back"}
    boxes = [box for one in [*labels.all(), *canvas.locator(".wc-node").all()] if (box := one.bounding_box())]
    assert not [(one, other) for at, one in enumerate(boxes[:6]) for other in boxes[at + 1 :] if _meet(one, other)]


def _meet(one: Any, other: Any) -> bool:
    is_beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
    return not (is_beside or one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"])


def test_one_tab_leads_in_and_one_out(canvas: Page) -> None:
    canvas.locator("a", has_text="Before").focus()
    canvas.keyboard.press("Tab")
    canvas.keyboard.press("Tab")
    assert focused(canvas) == "start"
    canvas.keyboard.press("Tab")
    assert focused(canvas) == ""


def test_arrows_lead_to_the_nearest_step_and_show_it(canvas: Page) -> None:
    ask(canvas, "show({x: 0, y: 0, k: 1.5})")
    ask(canvas, "focusNode('classify')")
    canvas.keyboard.press("ArrowRight")
    assert focused(canvas) in {"delivery", "technical"}
    expect(node(canvas, focused(canvas))).to_be_in_viewport(ratio=0.99)
    canvas.keyboard.press("ArrowUp")
    canvas.keyboard.press("ArrowUp")
    assert focused(canvas) in {"billing", "access"}
    canvas.keyboard.press("End")
    assert focused(canvas) == "end"


def test_enter_opens_and_escape_lets_go(canvas: Page) -> None:
    ask(canvas, "focusNode('reply')")
    canvas.keyboard.press("Enter")
    assert heard(canvas) == [["select", ["reply"]], ["open", "reply"]]
    assert node(canvas, "reply").locator(".wc-open").get_attribute("aria-current") == "true"
    canvas.keyboard.press("Escape")
    assert ask(canvas, "selection") == []
    assert focused(canvas) == "reply"


def test_signs_zoom_and_fit(canvas: Page) -> None:
    fitted = scale(canvas)
    ask(canvas, "focusNode('start')")
    canvas.keyboard.press("+")
    assert scale(canvas) == pytest.approx(fitted * 1.2)
    canvas.keyboard.press("0")
    assert scale(canvas) == pytest.approx(1)
    canvas.keyboard.press("-")
    assert scale(canvas) == pytest.approx(1 / 1.2)
    canvas.keyboard.press("f")
    assert scale(canvas) == pytest.approx(fitted)


def test_signs_can_be_switched_off(page: Page) -> None:
    opened(page, "support_ticket?keys=off")
    before = scale(page)
    ask(page, "focusNode('start')")
    page.keyboard.press("+")
    assert scale(page) == before
    page.keyboard.press("ArrowRight")
    assert focused(page) != "start"


def test_a_click_opens_a_drag_moves(canvas: Page) -> None:
    box = node(canvas, "billing").bounding_box()
    canvas.mouse.click(box["x"] + 40, box["y"] + 40)
    assert heard(canvas)[-1] == ["open", "billing"]
    canvas.mouse.move(box["x"] + 40, box["y"] + 40)
    canvas.mouse.down()
    canvas.mouse.move(box["x"] + 90, box["y"] + 70, steps=4)
    canvas.mouse.up()
    moved = node(canvas, "billing").bounding_box()
    assert (moved["x"] - box["x"], moved["y"] - box["y"]) == (50, 30)
    assert [event for event in heard(canvas) if event[0] == "open"] == [["open", "billing"]]
    assert ask(canvas, "selection") == ["billing"]


def test_the_wheel_pans_and_with_control_zooms_around_the_pointer(canvas: Page) -> None:
    box = node(canvas, "reply").bounding_box()
    canvas.mouse.move(box["x"], box["y"])
    before = scale(canvas)
    canvas.keyboard.down("Control")
    canvas.mouse.wheel(0, -50)
    canvas.keyboard.up("Control")
    until(canvas, "k => document.querySelector('workflow-canvas').view.k > k", before)
    zoomed = node(canvas, "reply").bounding_box()
    assert (zoomed["x"], zoomed["y"]) == pytest.approx((box["x"], box["y"]), abs=1.5)
    canvas.mouse.wheel(30, 40)
    until(canvas, "(x) => document.querySelector('[data-node=reply]').getBoundingClientRect().x < x", arg=zoomed["x"])
    assert node(canvas, "reply").bounding_box()["y"] == pytest.approx(zoomed["y"] - 40, abs=1)


def test_two_fingers_zoom(browser: Any, server: str) -> None:
    touch = browser.new_context(base_url=server, viewport={"width": 900, "height": 800}, has_touch=True)
    page = opened(touch.new_page(), "support_ticket?run")
    before, fingers = scale(page), touch.new_cdp_session(page)

    def send(kind: str, *points: tuple[int, int]) -> None:
        given = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": given})

    send("touchStart", (350, 300))
    send("touchStart", (350, 300), (450, 300))
    for step in range(1, 6):
        send("touchMove", (350 - step * 12, 300), (450 + step * 12, 300))
    send("touchEnd")
    assert scale(page) == pytest.approx(before * 2.2, rel=0.05)
    assert heard(page) == []
    touch.close()


def test_buttons_zoom_without_keys(canvas: Page) -> None:
    before = scale(canvas)
    canvas.get_by_role("button", name="Larger").click()
    assert scale(canvas) > before
    canvas.get_by_role("button", name="Fit").click()
    assert scale(canvas) == pytest.approx(before)


def test_a_status_changes_the_outer_element_its_edges_and_the_outline_but_not_the_card(canvas: Page) -> None:
    card = node(canvas, "delivery").locator(".node-card")
    before = card.evaluate("one => one.outerHTML")
    for key, status, word in (("classify", "succeeded", "Succeeded"), ("delivery", "running", "Running")):
        change = {"id": key, "status": status, "word": word, "icon": "loader-circle"}
        canvas.evaluate(
            "detail => document.querySelector('workflow-canvas').dispatchEvent(new CustomEvent('canvas:update', {detail}))",
            change,
        )
    assert node(canvas, "delivery").get_attribute("data-colour") == "running"
    assert canvas.get_by_role("group", name="Delivery, Agent, Running", exact=True).count() == 1
    assert edge(canvas, "classify.delivery>delivery").get_attribute("data-state") == "active"
    assert card.evaluate("one => one.outerHTML") == before
    canvas.set_viewport_size({"width": 600, "height": 800})
    expect(canvas.locator("[data-outline=delivery] [data-slot=word]")).to_have_text("Running")


def test_edges_follow_a_card_that_the_server_replaced_with_a_larger_one(canvas: Page) -> None:
    ask(canvas, "focusNode('reply')")
    end = """(() => { const line = document.querySelector('[data-edge="reply.*>end"] path');
        const port = document.querySelector('[data-node=reply] [data-side=out] .wc-port').getBoundingClientRect();
        return [line.getPointAtLength(0).matrixTransform(line.getScreenCTM()).y, port.y + port.height / 2]; })()"""
    before = canvas.evaluate(end)[0]
    canvas.evaluate(
        """() => { const card = document.getElementById('card-reply'); const next = card.cloneNode(true);
        Object.assign(next.dataset, {card: 'succeeded', word: 'Succeeded', icon: 'circle-check'});
        next.style.height = '300px'; card.replaceWith(next); }"""
    )
    until(canvas, f"before => {end}[0] > before + 20", before)
    line, port = canvas.evaluate(end)
    assert line == pytest.approx(port, abs=1.5)
    assert focused(canvas) == "reply"
    assert node(canvas, "reply").get_attribute("data-status") == "succeeded"
    assert canvas.get_by_role("group", name="Reply, Prompt, Succeeded", exact=True).count() == 1


@pytest.mark.parametrize(("motion", "moves"), [("no-preference", True), ("reduce", False)])
def test_active_edges_move_unless_people_want_less_motion(page: Page, motion: Any, moves: bool) -> None:
    page.emulate_media(reduced_motion=motion)
    opened(page, "support_ticket?run")
    line = page.locator("g[data-state=active] .wc-line").first
    assert (line.evaluate("one => getComputedStyle(one).animationName") != "none") is moves


def test_what_a_container_does_is_drawn_in_its_box_and_opens_alone(page: Page) -> None:
    opened(page, "news_article?run")
    box, inside = node(page, "research").bounding_box(), node(page, "research/facts").bounding_box()
    assert box["x"] < inside["x"]
    assert inside["x"] + inside["width"] < box["x"] + box["width"]
    assert inside["y"] + inside["height"] < box["y"] + box["height"]
    page.get_by_role("link", name="Inside Research").click()
    page.wait_for_url("**scope=research**")
    assert page.locator(".wc-node").count() == 2
    page.get_by_label("Where you are in the graph").get_by_role("link", name="News article").click()
    page.wait_for_url(lambda url: "scope" not in url)
    assert page.locator(".wc-node").count() == 10


def test_a_step_inside_a_container_can_be_clicked(page: Page) -> None:
    opened(page, "news_article?run")
    node(page, "research/read").locator(".wc-open").click()
    assert heard(page)[-1] == ["open", "research/read"]


def test_a_large_graph_begins_in_a_readable_size_with_a_map_of_the_rest(page: Page) -> None:
    opened(page, "made-60?run")
    assert scale(page) == 0.5
    expect(page.locator("workflow-minimap")).to_be_visible()
    expect(node(page, "start")).to_be_in_viewport(ratio=0.99)
    assert page.locator("workflow-minimap .wc-dot").count() == 62
    box = page.locator("workflow-minimap").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] - 15, box["y"] + box["height"] / 2)
    expect(node(page, "end")).to_be_in_viewport()
    ask(page, "fit()")
    expect(page.locator("workflow-minimap")).to_be_hidden()


def test_the_graph_can_be_arranged_anew_for_a_look(page: Page) -> None:
    opened(page, "news_article?run")
    before = ask(page, "box('check')")
    ask(page, "focusNode('start')")
    page.keyboard.press("l")
    until(page, "x => document.querySelector('workflow-canvas').box('check').x !== x", before["x"])
    outer, inner = ask(page, "box('research')"), ask(page, "box('research/read')")
    assert outer["x"] < inner["x"] < outer["x"] + outer["width"]


@pytest.mark.parametrize("width", [360, 699])
def test_on_a_small_screen_the_outline_stands_for_the_canvas(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/test/canvas/news_article?run")
    expect(page.locator("workflow-canvas")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Steps")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_outline_can_be_asked_for_and_left_by_key(page: Page) -> None:
    opened(page, "news_article?run")
    ask(page, "focusNode('start')")
    page.keyboard.press("o")
    page.wait_for_url("**view=outline**")
    expect(page.locator("workflow-canvas")).to_have_count(0)
    page.get_by_role("link", name="Graph").click()
    page.wait_for_selector("workflow-canvas")


def test_the_outline_works_without_scripts(browser: Any, server: str) -> None:
    plain = browser.new_context(base_url=server, java_script_enabled=False, viewport={"width": 1440, "height": 900})
    page = plain.new_page()
    page.goto("/test/canvas/news_article?run")
    expect(page.locator("workflow-canvas")).to_be_hidden()
    steps = page.get_by_role("navigation", name="Steps")
    inside = steps.locator("li", has=page.locator('[data-outline="research"]')).locator("li")
    assert inside.locator(".node-name").all_text_contents() == ["Read the page", "Key facts"]
    steps.get_by_role("link", name="Draft", exact=True).click()
    page.wait_for_url("**step=draft**")
    plain.close()


def test_a_canvas_in_a_hidden_tab_is_fitted_when_it_is_shown(page: Page) -> None:
    page.add_init_script(HIDE)
    opened(page, "support_ticket?run")
    assert scale(page) == 1
    page.evaluate("document.adoptedStyleSheets = []")
    until(page, "document.querySelector('workflow-canvas').view.k < 1")
    expect(node(page, "start")).to_be_in_viewport(ratio=0.99)
    expect(node(page, "end")).to_be_in_viewport(ratio=0.99)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "address", ["support_ticket?run", "news_article?run", "news_article?run&view=outline", "made-60?run"]
)
def test_axe_finds_nothing(page: Page, context: BrowserContext, address: str, theme: str) -> None:
    opened(page, f"{address}&theme={theme}")
    session = context.new_cdp_session(page)  # the policy forbids the page to load it
    session.send("Runtime.evaluate", {"expression": AXE.read_text()})
    found = page.evaluate("async () => (await axe.run('.graph')).violations.map(v => [v.id, v.nodes.map(n => n.html)])")
    assert found == []
