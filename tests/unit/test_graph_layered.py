"""Layout in columns: nothing overlaps, edges lead to the right, few lines cross."""

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from ui.graph.layered import Gaps, arrange, crossings, nearest
from ui.graph.placing import overlaps
from ui.graph.values import Size

CARD = Size(width=200, height=60)
GAPS = Gaps(across=80, down=40)


def boxes(text: str) -> dict[str, Size]:
    return dict.fromkeys(text.split(), CARD)


def edges(text: str) -> list[tuple[str, str]]:
    return [(pair[0], pair[1]) for chain in text.split(",") for pair in pairwise(chain.split())]


def test_a_chain_is_a_straight_line() -> None:
    places = arrange(sizes=boxes("a b c"), edges=edges("a b c"), gaps=GAPS)
    assert [places[name].x for name in "abc"] == [0, 280, 560]
    assert {places[name].y for name in "abc"} == {0}


def test_what_leads_to_branches_stands_in_the_middle_of_them() -> None:
    places = arrange(sizes=boxes("a b c d e"), edges=edges("a b e, a c e, a d e"), gaps=GAPS)
    assert [places[name].y for name in "bcd"] == [0, 100, 200]
    assert places["a"].y == places["e"].y == 100


def test_crossed_branches_are_put_in_order() -> None:
    places = arrange(sizes=boxes("a b x y"), edges=edges("a y, b x"), gaps=GAPS)
    assert (places["a"].y < places["b"].y) == (places["y"].y < places["x"].y)


def test_a_beginning_stands_right_before_what_follows() -> None:
    places = arrange(sizes=boxes("a b c late"), edges=edges("a b c, late c"), gaps=GAPS)
    assert places["late"].x == places["b"].x


def test_a_box_does_not_stand_in_the_way_of_an_edge_that_passes_its_column() -> None:
    places = arrange(sizes=boxes("a b c"), edges=edges("a b c, a c"), gaps=GAPS)
    middles = {name: place.y + CARD.height / 2 for name, place in places.items()}
    assert abs(middles["b"] - (middles["a"] + middles["c"]) / 2) >= CARD.height / 2


def test_an_edge_back_changes_nothing_else() -> None:
    there = arrange(sizes=boxes("a b c"), edges=edges("a b c"), gaps=GAPS)
    assert arrange(sizes=boxes("a b c"), edges=edges("a b c a"), gaps=GAPS) == there


def test_nothing_has_no_places() -> None:
    assert arrange(sizes={}, edges=[], gaps=GAPS) == {}


def test_middles_are_as_near_as_the_order_allows() -> None:
    assert nearest([0, 0], [10, 10], 10) == [-10, 10]
    assert nearest([0, 100], [10, 10], 10) == [0, 100]


def test_crossings_are_counted() -> None:
    assert crossings([["a", "b"], ["x", "y"]], {"a": ["y"], "b": ["x"]}) == 1
    assert crossings([["a", "b"], ["x", "y"]], {"a": ["x", "y"], "b": ["y"]}) == 0


NAMES = [f"n{number}" for number in range(12)]
GRAPHS = st.lists(st.sampled_from(list(combinations(NAMES, 2))), unique=True, max_size=30)


@given(pairs=GRAPHS, heights=st.lists(st.integers(40, 400), min_size=12, max_size=12))
def test_no_boxes_overlap_and_every_edge_leads_to_the_right(pairs: list[tuple[str, str]], heights: list[int]) -> None:
    sizes = {name: Size(width=200, height=height) for name, height in zip(NAMES, heights, strict=True)}
    places = arrange(sizes=sizes, edges=pairs, gaps=GAPS)
    assert not overlaps(places, sizes)
    assert all(places[source].x + 200 + GAPS.across <= places[target].x for source, target in pairs)
    assert min(place.x for place in places.values()) == 0
    assert min(place.y for place in places.values()) == 0
