"""From documents to pictures: ends, ports, containers, stored and made places; the outline; the small SVG."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from builder.portable import read_file
from orchestrator.queries.looks import look_of
from ui.graph.outline import outline
from ui.graph.placing import overlaps
from ui.graph.reading import LIVE, PLAN, NoSuchContainer, View, plain_look, read_graph
from ui.graph.svg import draw
from ui.graph.values import NodeCard, Picture, Size, State

GALLERY = Path(__file__).resolve().parents[2] / "builder" / "gallery"
TEMPLATES = sorted(path.stem for path in GALLERY.glob("*.yaml"))


def a_document(*edges: str, **nodes: Any) -> dict[str, Any]:
    """`a_document("a b", "a.error c")`: transforms joined by edges; nodes given by name are as they are given."""
    pairs = [edge.split() for edge in edges]
    names = [part.split(".")[0] for pair in pairs for part in pair]
    found = {name: nodes.get(name, {"type": "transform"}) for name in dict.fromkeys([*names, *nodes])}
    joined = [[*_split(source), target] for source, target in (pair for pair in pairs if len(pair) == 2)]
    return {"nodes": found, "edges": joined}


def _split(source: str) -> list[str]:
    return source.split(".") if "." in source else [source, "out"]


def read(document: Mapping[str, Any], **view: Any) -> Picture:
    return read_graph(document, View(**{"name": "Example", "look": plain_look, **view}))


def by_key(picture: Picture) -> dict[str, NodeCard]:
    return {card.key: card for card in picture.cards}


def arrows(picture: Picture) -> set[str]:
    return {edge.key for edge in picture.edges}


def template(name: str) -> tuple[Mapping[str, Any], Mapping[str, Sequence[float]]]:
    file = read_file((GALLERY / f"{name}.yaml").read_text(), base=GALLERY)
    return file.document, file.layout


EACH = {"type": "map", "title": "Each", "config": {"body": a_document("read write")}}


def test_the_ends_are_joined_as_when_the_workflow_is_compiled() -> None:
    picture = read(a_document("a b", "a.error c"))
    assert arrows(picture) == {"start.out>a", "a.out>b", "a.error>c", "b.*>end", "c.*>end"}
    assert [edge.label for edge in picture.edges if edge.port == "error"] == ["error"]


def test_a_port_that_an_edge_starts_from_is_shown_though_its_type_does_not_name_it() -> None:
    assert [port.name for port in by_key(read(a_document("a.error c", "a b")))["a"].outputs] == ["out", "error"]


def test_an_edge_to_nothing_is_not_drawn() -> None:
    document = {"nodes": {"a": {"type": "transform"}}, "edges": [["a", "out", "gone"]]}
    assert arrows(read(document)) == {"start.out>a", "a.*>end"}


def test_a_container_is_as_large_as_what_is_in_it_and_comes_first() -> None:
    picture = read(a_document("each after", each=EACH))
    cards = by_key(picture)
    box, inside = cards["each"], cards["each/write"]
    assert [card.key for card in picture.cards] == ["start", "each", "each/read", "each/write", "after", "end"]
    assert inside.parent == "each"
    assert box.is_container
    assert box.at.x < cards["each/read"].at.x
    assert inside.at.x + inside.size.width < box.at.x + box.size.width
    assert box.at.y < inside.at.y
    assert inside.at.y + inside.size.height < box.at.y + box.size.height
    assert "each/read.out>each/write" in arrows(picture)


def test_a_container_opens_alone_with_the_way_back() -> None:
    deep = {"type": "map", "config": {"body": {"nodes": {"each": EACH}, "edges": []}}}
    picture = read(a_document(outer=deep), scope="outer/each")
    assert [card.key for card in picture.cards] == ["outer/each/read", "outer/each/write"]
    assert [card.parent for card in picture.cards] == ["", ""]
    assert [(crumb.name, crumb.scope) for crumb in picture.trail] == [
        ("Example", ""),
        ("outer", "outer"),
        ("Each", "outer/each"),
    ]


@pytest.mark.parametrize("scope", ["gone", "a", "each/read"])
def test_what_is_no_container_does_not_open(scope: str) -> None:
    with pytest.raises(NoSuchContainer, match="open the whole workflow"):
        read(a_document("a each", each=EACH), scope=scope)


def test_people_s_places_are_kept_where_there_is_room() -> None:
    cards = by_key(read(a_document("a b", "a c"), layout={"a": [0, 100], "b": [400, 0], "c": [400, 200]}))
    assert (cards["b"].at.x - cards["a"].at.x, cards["b"].at.y - cards["a"].at.y) == (400, -100)
    assert (cards["c"].at.x - cards["a"].at.x, cards["c"].at.y - cards["a"].at.y) == (400, 100)
    assert cards["start"].at.x < cards["a"].at.x
    assert cards["end"].at.x > cards["c"].at.x


def test_places_for_lower_cards_are_stretched_and_lines_stay_lines() -> None:
    layout = {"a": [0, 50], "b": [336, 0], "c": [336, 100], "d": [672, 50]}
    cards = by_key(read(a_document("a b d", "a c", "c d", "a d"), layout=layout, card=LIVE))
    assert cards["c"].at.y - cards["b"].at.y >= LIVE.height
    assert cards["a"].at.y == cards["d"].at.y
    assert 2 * cards["a"].at.y == cards["b"].at.y + cards["c"].at.y


@pytest.mark.parametrize(
    "layout", [{"a": [0, 0]}, {"a": [0, 0], "b": [0, 0]}, {"a": "x", "b": [1]}, {"a": [0, 0], "b": [9, 9]}]
)
def test_a_layout_that_is_no_use_is_made_anew(layout: Mapping[str, Any]) -> None:
    cards = by_key(read(a_document("a b"), layout=layout))
    assert cards["a"].at.x + PLAN.width < cards["b"].at.x
    assert cards["a"].at.y == cards["b"].at.y


@pytest.mark.parametrize("card", [PLAN, LIVE])
@pytest.mark.parametrize("name", TEMPLATES)
def test_no_cards_of_a_template_overlap(name: str, card: Size) -> None:
    document, layout = template(name)
    for stored in (layout, {}):
        picture = read_graph(document, View(name=name, look=look_of, layout=stored, card=card))
        for parent in {one.parent for one in picture.cards}:
            beside = [one for one in picture.cards if one.parent == parent]
            assert not overlaps({one.key: one.at for one in beside}, {one.key: one.size for one in beside})


def test_cards_say_what_their_types_say() -> None:
    document, layout = template("support_ticket")
    cards = by_key(read_graph(document, View(name="Ticket", look=look_of, layout=layout)))
    router = cards["classify"]
    assert (router.name, router.type, router.icon) == ("What is it about?", "Router", "split")
    assert [port.name for port in router.outputs][-2:] == ["cancellation", "ask_back"]
    assert router.size.height > PLAN.height


def test_a_state_is_part_of_what_assistive_technology_hears() -> None:
    states = {"a": State(status="waiting", word="Needs review", icon="user-check")}
    card = by_key(read(a_document("a b"), states=states))["a"]
    assert (card.label, card.state.tone) == ("a, Transform, Needs review", "waiting")


def test_the_canvas_gets_names_places_and_ends_of_edges() -> None:
    found = read(a_document("a.error b", each=EACH)).as_json()
    nodes = {node["id"]: node for node in found["nodes"]}
    assert nodes["each"]["container"] is True
    assert nodes["each/read"]["parent"] == "each"
    assert {"id": "a.error>b", "from": ["a", "error"], "to": ["b", "in"], "label": "error"} in found["edges"]


def test_the_outline_lists_steps_as_they_run_with_what_is_inside() -> None:
    items = outline(read(a_document("a each", "each z", "a.error b", each=EACH)))
    names = [item.card.name for item in items]
    assert names[:2] == ["Start", "a"]
    assert names.index("Each") < names.index("z") < len(names) - 1
    inside = next(item for item in items if item.card.name == "Each")
    assert [item.card.name for item in inside.items] == ["read", "write"]
    first = next(item for item in items if item.card.name == "a")
    assert [(onward.name, onward.port) for onward in first.onward] == [("Each", ""), ("b", "error")]


def test_a_circle_is_drawn_and_listed_once() -> None:
    picture = read(a_document("a b", "b a"))
    assert sorted(item.card.key for item in outline(picture)) == ["a", "b", "end", "start"]


def test_the_small_picture_is_sound_xml_whatever_names_hold() -> None:
    document = a_document("a each", a={"type": "prompt", "title": '"><script>&'}, each=EACH)
    states = {"a": State(status="failed", word="Failed", icon="circle-x")}
    drawn = ElementTree.fromstring(draw(read(document, name='<"x">', states=states), icons="/icons.svg"))
    assert drawn.attrib["aria-label"] == '<"x">: 4 steps'
    assert [group.attrib["data-tone"] for group in drawn.findall("g[@data-tone]")] == ["failed"]
    assert len(drawn.findall("g[@class='graph-edges']/path")) == 4
    assert "style" not in {name for element in drawn.iter() for name in element.attrib}
