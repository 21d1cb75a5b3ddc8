"""A place for every box of a graph in columns from left to right, with few crossings and nothing overlapping.

The method of Sugiyama, Tagawa and Toda (1981): columns by longest path, one stand-in per column for an edge that passes,
order by the mean of the neighbours, then heights as near to the neighbours as the order allows. The canvas itself lays
out with dagre, which does the same; this one serves where a page or a picture is made without a browser.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ui.graph.values import Point, Size

SWEEPS = 8
Pair = tuple[str, str]
Columns = list[list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Between columns, and between boxes of one column."""

    across: float = 88
    down: float = 40


def arrange(*, sizes: Mapping[str, Size], edges: Iterable[Pair], gaps: Gaps) -> dict[str, Point]:
    """The place of every box. Edges that close a circle are not looked at; the smallest coordinates are 0."""
    order = list(sizes)
    forward = _without_circles(order, [(a, b) for a, b in edges if a in sizes and b in sizes and a != b])
    columns, links = _columns(_ranks(order, forward), forward)
    _untangle(columns, links)
    heights = {name: sizes[name].height if name in sizes else 0 for column in columns for name in column}
    centres = _centres(columns, links, heights, gaps.down)
    return _corners([[name for name in column if name in sizes] for column in columns], sizes, centres, gaps.across)


def _without_circles(order: Sequence[str], edges: Sequence[Pair]) -> list[Pair]:
    """Edges in the sense of a walk; those that lead back to where the walk is are left out."""
    after: dict[str, list[str]] = {name: [] for name in order}
    for source, target in dict.fromkeys(edges):
        after[source].append(target)
    kept, done = list[Pair](), set[str]()
    for name in order:
        if name not in done:
            _walk(name, after, kept, done)
    return kept


def _walk(first: str, after: Mapping[str, list[str]], kept: list[Pair], done: set[str]) -> None:
    """Depth first, without recursion: a chain may be long."""
    path, waiting = {first}, [(first, iter(after[first]))]
    done.add(first)
    while waiting:
        name, rest = waiting[-1]
        target = next(rest, None)
        if target is None:
            path.discard(name)
            waiting.pop()
        elif target not in path:
            kept.append((name, target))
            if target not in done:
                done.add(target)
                path.add(target)
                waiting.append((target, iter(after[target])))


def _ranks(order: Sequence[str], edges: Sequence[Pair]) -> dict[str, int]:
    """The column of each: behind everything that leads to it; a beginning stands right before the first that follows."""
    after, before = neighbours(edges, 0), neighbours(edges, 1)
    ranks = dict.fromkeys(order, 0)
    missing = {name: len(before.get(name, ())) for name in order}
    ready = [name for name in order if not missing[name]]
    for name in ready:
        for target in after.get(name, ()):
            ranks[target] = max(ranks[target], ranks[name] + 1)
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    for name in order:
        if name not in before and name in after:
            ranks[name] = min(ranks[target] for target in after[name]) - 1
    return ranks


def neighbours(edges: Iterable[Pair], side: int) -> dict[str, list[str]]:
    """By source (side 0) the targets, by target (side 1) the sources."""
    found: dict[str, list[str]] = {}
    for edge in edges:
        found.setdefault(edge[side], []).append(edge[1 - side])
    return found


def _columns(ranks: Mapping[str, int], edges: Sequence[Pair]) -> tuple[Columns, list[Pair]]:
    """The boxes by column, with stand-ins for passing edges, and the edges from column to column."""
    columns: Columns = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for name, rank in ranks.items():
        columns[rank].append(name)
    links = list[Pair]()
    for source, target in edges:
        between = range(ranks[source] + 1, ranks[target])
        passing = [f"{source}>{target}>{rank}" for rank in between]
        for rank, name in zip(between, passing, strict=True):
            columns[rank].append(name)
        links += pairwise([source, *passing, target])
    return columns, links


def _untangle(columns: Columns, links: Sequence[Pair]) -> None:
    """Order each column by the mean place of its neighbours, to and fro; the order with the fewest crossings stays."""
    sides = neighbours(links, 1), neighbours(links, 0)
    best, fewest = [list(column) for column in columns], crossings(columns, sides[1])
    for sweep in range(SWEEPS):
        _sweep(columns if sweep % 2 == 0 else columns[::-1], sides[sweep % 2])
        count = crossings(columns, sides[1])
        if count < fewest:
            best, fewest = [list(column) for column in columns], count
    columns[:] = best


def _sweep(columns: Sequence[list[str]], near: Mapping[str, Sequence[str]]) -> None:
    for fixed, moved in pairwise(columns):
        places = {name: place for place, name in enumerate(fixed)}
        moved.sort(key=_mean_of(near, places, {name: place for place, name in enumerate(moved)}))


def _mean_of(
    near: Mapping[str, Sequence[str]], places: Mapping[str, float], otherwise: Mapping[str, float]
) -> Callable[[str], float]:
    def mean(name: str) -> float:
        found = [places[other] for other in near.get(name, ())]
        return sum(found) / len(found) if found else otherwise[name]

    return mean


def crossings(columns: Columns, after: Mapping[str, Sequence[str]]) -> int:
    """How many pairs of edges between neighbouring columns cross."""
    count = 0
    for left, right in pairwise(columns):
        places = {name: place for place, name in enumerate(right)}
        ends = [place for name in left for place in sorted(places[target] for target in after.get(name, ()))]
        count += sum(later < end for at, end in enumerate(ends) for later in ends[at + 1 :])
    return count


def _centres(columns: Columns, links: Sequence[Pair], heights: Mapping[str, float], gap: float) -> dict[str, float]:
    """The middle of each box: near the mean of its neighbours, without changing the order of its column."""
    sides = neighbours(links, 1), neighbours(links, 0)
    centres: dict[str, float] = {}
    for column in columns:
        centres |= dict(zip(column, nearest([0.0] * len(column), [heights[name] for name in column], gap), strict=True))
    for sweep in range(SWEEPS):
        near = sides[sweep % 2]
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            wanted = list(map(_mean_of(near, centres, centres), column))
            centres |= dict(zip(column, nearest(wanted, [heights[name] for name in column], gap), strict=True))
    return centres


def nearest(wanted: Sequence[float], heights: Sequence[float], gap: float) -> list[float]:
    """Middles as near as possible (least squares) to the wanted ones, in this order, `gap` apart: pooled neighbours."""
    offsets, total = list[float](), 0.0
    for at, height in enumerate(heights):
        total += (heights[at - 1] + height) / 2 + gap if at else 0
        offsets.append(total)
    pools = list[tuple[float, int]]()
    for middle, offset in zip(wanted, offsets, strict=True):
        pool, count = middle - offset, 1
        while pools and pools[-1][0] > pool:
            above, many = pools.pop()
            pool, count = (above * many + pool * count) / (many + count), many + count
        pools.append((pool, count))
    bases = [pool for pool, count in pools for _ in range(count)]
    return [base + offset for base, offset in zip(bases, offsets, strict=True)]


def _corners(columns: Columns, sizes: Mapping[str, Size], centres: Mapping[str, float], gap: float) -> dict[str, Point]:
    top = min((centres[name] - size.height / 2 for name, size in sizes.items()), default=0)
    found, left = dict[str, Point](), 0.0
    for column in columns:
        width = max((sizes[name].width for name in column), default=0)
        for name in column:
            found[name] = Point(x=round(left), y=round(centres[name] - sizes[name].height / 2 - top))
        left += width + gap if column else 0
    return {name: found[name] for name in sizes}
