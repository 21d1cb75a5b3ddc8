"""Where the boxes of one graph are drawn: where people put them if there is room for today's cards, else in columns.

A stored layout holds upper left corners; those of a container's body are counted from the container's own corner. People
place cards as high as they are in the builder, and a run's cards are higher: then the whole is stretched, so that what was
above stays above and what was in line stays in line.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from ui.graph.layered import Gaps, Pair, arrange, neighbours
from ui.graph.values import END, START, Point, Size

COLUMN = 160
"""Two boxes that are so far apart from left to right stand in different columns."""
MOST = 3.0
"""What would have to be stretched further is arranged anew."""
Places = Mapping[str, Point]
Sizes = Mapping[str, Size]


def place(*, sizes: Sizes, edges: Sequence[Pair], stored: Places, gaps: Gaps) -> dict[str, Point]:
    """The upper left corner of each box of one graph. No two boxes overlap."""
    inner = {name: size for name, size in sizes.items() if name not in (START, END)}
    if not inner.keys() <= stored.keys():
        return arrange(sizes=sizes, edges=edges, gaps=gaps)
    found = _with_room(_stretched({name: stored[name] for name in inner}, inner, gaps), inner, gaps)
    if found is None or overlaps(found, inner):
        return arrange(sizes=sizes, edges=edges, gaps=gaps)
    return _with_ends(found, sizes, edges, gaps)


def overlaps(places: Places, sizes: Sizes) -> bool:
    """Whether any two boxes do."""
    return any(_meet(places, sizes, *pair) for pair in combinations(places, 2))


def _meet(places: Places, sizes: Sizes, one: str, other: str) -> bool:
    a, b = places[one], places[other]
    is_beside = a.x + sizes[one].width <= b.x or b.x + sizes[other].width <= a.x
    is_above = a.y + sizes[one].height <= b.y or b.y + sizes[other].height <= a.y
    return not (is_beside or is_above)


def _stretched(places: Places, sizes: Sizes, gaps: Gaps) -> dict[str, Point] | None:
    """The places, further apart where a box needs it; None where that would tear them too far apart."""
    across = down = 1.0
    narrow = min((size.width for size in sizes.values()), default=0)  # for wider ones `_with_room` makes room
    for one, other in combinations(places, 2):
        left, right = sorted((one, other), key=lambda name: places[name].x)
        upper, lower = sorted((one, other), key=lambda name: places[name].y)
        apart_x, apart_y = places[right].x - places[left].x, places[lower].y - places[upper].y
        if apart_x < COLUMN and apart_y:
            down = max(down, (sizes[upper].height + gaps.down) / apart_y)
        elif apart_y < sizes[upper].height and apart_x:
            across = max(across, (narrow + gaps.across) / apart_x)
    if max(across, down) > MOST:
        return None
    return {name: Point(x=round(at.x * across), y=round(at.y * down)) for name, at in places.items()}


def _with_room(places: dict[str, Point] | None, sizes: Sizes, gaps: Gaps) -> dict[str, Point] | None:
    """The places with whatever is right of a wide box moved out of its way, column by column."""
    if places is None:
        return None
    found = dict(places)
    for name in sorted(places, key=lambda name: places[name].x):
        behind = [other for other in found if found[other].x - found[name].x >= COLUMN]
        lacking = max((_lack(found, sizes, name, other, gaps.across) for other in behind), default=0)
        for other in behind if lacking > 0 else ():
            found[other] = Point(x=found[other].x + lacking, y=found[other].y)
    return found


def _lack(places: Places, sizes: Sizes, left: str, right: str, gap: float) -> float:
    """How far the right box is too near to the left one. Boxes at other heights do not matter."""
    upper, lower = sorted((left, right), key=lambda name: places[name].y)
    if places[upper].y + sizes[upper].height <= places[lower].y:
        return 0
    return places[left].x + sizes[left].width + gap - places[right].x


def _with_ends(places: dict[str, Point], sizes: Sizes, edges: Sequence[Pair], gaps: Gaps) -> dict[str, Point]:
    """The start before everything and the end behind everything, at the height of their neighbours."""
    found = dict(places)
    near = {START: neighbours(edges, 0).get(START, []), END: neighbours(edges, 1).get(END, [])}
    if START in sizes:
        left = min((at.x for at in places.values()), default=0) - gaps.across - sizes[START].width
        found[START] = Point(x=left, y=_beside(near[START], places, sizes, START))
    if END in sizes:
        right = max((at.x + sizes[name].width for name, at in places.items()), default=0) + gaps.across
        found[END] = Point(x=right, y=_beside(near[END], places, sizes, END))
    return from_origin(found)


def _beside(near: Iterable[str], places: Places, sizes: Sizes, name: str) -> float:
    """The y of a box in the middle of its neighbours."""
    middles = [places[other].y + sizes[other].height / 2 for other in near if other in places]
    middle = sum(middles) / len(middles) if middles else 0
    return round(middle - sizes[name].height / 2)


def from_origin(places: Places) -> dict[str, Point]:
    """The places moved so that the smallest coordinates are 0."""
    left, top = min((at.x for at in places.values()), default=0), min((at.y for at in places.values()), default=0)
    return {name: Point(x=at.x - left, y=at.y - top) for name, at in places.items()}


def extent(places: Places, sizes: Sizes) -> Size:
    """The size of everything, from the origin."""
    width = max((at.x + sizes[name].width for name, at in places.items()), default=0)
    height = max((at.y + sizes[name].height for name, at in places.items()), default=0)
    return Size(width=width, height=height)


def stored_places(layout: Mapping[str, Sequence[float]], scope: str) -> Iterator[tuple[str, Point]]:
    """The places that a version stores for the nodes right in this scope, by their names in it. What is no place (a layout
    is not checked) is left out."""
    prefix = f"{scope}/" if scope else ""
    for key, at in layout.items():
        name = key.removeprefix(prefix)
        if key.startswith(prefix) and "/" not in name and _is_place(at):
            yield name, Point(x=float(at[0]), y=float(at[1]))


def _is_place(at: object) -> bool:
    return isinstance(at, list | tuple) and len(at) == 2 and all(isinstance(one, int | float) for one in at)
