// Places, lines and views as numbers. No page: everything is handed in, a new value comes back.

/**
 * @typedef {{x: number, y: number}} Point
 * @typedef {{x: number, y: number, width: number, height: number}} Box
 * @typedef {{x: number, y: number, k: number}} View  shifted by x and y, then enlarged by k
 */

export const SMALLEST = 0.1;
export const LARGEST = 2;
const CLEAR = 14;

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const right = (box) => box.x + box.width;
const bottom = (box) => box.y + box.height;

/** The smallest box around boxes. */
export function bounds(boxes) {
  const all = [...boxes];
  if (!all.length) return { x: 0, y: 0, width: 1, height: 1 };
  const x = Math.min(...all.map((box) => box.x));
  const y = Math.min(...all.map((box) => box.y));
  return { x, y, width: Math.max(...all.map(right)) - x, height: Math.max(...all.map(bottom)) - y };
}

/** The view that shows a box in the middle of a window, never enlarged. @returns {View} */
export function fitted(box, window, { margin = 32, largest = 1 } = {}) {
  const wide = (window.width - 2 * margin) / box.width;
  const high = (window.height - 2 * margin) / box.height;
  const k = clamp(Math.min(wide, high, largest), SMALLEST, LARGEST);
  const x = (window.width - box.width * k) / 2 - box.x * k;
  const y = (window.height - box.height * k) / 2 - box.y * k;
  return { x, y, k };
}

/** The view enlarged by a factor, with the point of the window at (x, y) staying where it is. @returns {View} */
export function zoomed(view, factor, { x, y }) {
  const k = clamp(view.k * factor, SMALLEST, LARGEST);
  return { x: x - ((x - view.x) * k) / view.k, y: y - ((y - view.y) * k) / view.k, k };
}

/** The view moved as little as needed for a box to be seen whole; of a larger box, its beginning. @returns {View} */
export function revealing(view, box, window, margin = 24) {
  return {
    x: view.x + shift(box.x * view.k + view.x, box.width * view.k, window.width, margin),
    y: view.y + shift(box.y * view.k + view.y, box.height * view.k, window.height, margin),
    k: view.k,
  };
}

function shift(from, size, space, margin) {
  const toStart = margin - from;
  const toEnd = space - margin - size - from;
  if (toStart > 0 || toEnd < toStart) return toStart;
  return Math.min(toEnd, 0);
}

/** The box that an arrow key leads to: the nearest in that direction, with what is aside counting twice. */
export function nearest(boxes, from, [dx, dy]) {
  const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];
  const [x, y] = middle(boxes.get(from));
  let best = null;
  let least = Infinity;
  for (const [id, box] of boxes) {
    const [toX, toY] = middle(box);
    const along = (toX - x) * dx + (toY - y) * dy;
    const aside = Math.abs((toX - x) * dy) + Math.abs((toY - y) * dx);
    if (id === from || along <= 1 || along + aside * 2 >= least) continue;
    least = along + aside * 2;
    best = id;
  }
  return best;
}

/** How far a curve's handles reach: more for an edge that leads back. */
function reach(a, b) {
  const apart = b.x - a.x;
  return apart < 0 ? Math.max(120, -apart / 2) : Math.max(Math.min(36, apart), apart / 2);
}

/** The path of a line through points, level at each of them. */
export function path(points) {
  const [first, ...rest] = points;
  let before = first;
  let drawn = `M${first.x} ${first.y}`;
  for (const point of rest) {
    const c = reach(before, point);
    drawn += `C${before.x + c} ${before.y} ${point.x - c} ${point.y} ${point.x} ${point.y}`;
    before = point;
  }
  return drawn;
}

/** A point of the curve from a to b, t between 0 and 1. */
export function along(a, b, t) {
  const c = reach(a, b);
  const mix = (p, q, r, s) => (1 - t) ** 3 * p + 3 * (1 - t) ** 2 * t * q + 3 * (1 - t) * t * t * r + t ** 3 * s;
  return { x: mix(a.x, a.x + c, b.x - c, b.x), y: mix(a.y, a.y, b.y, b.y) };
}

const SAMPLES = Array.from({ length: 19 }, (_, at) => (at + 1) / 20);

/**
 * The points that a line from a to b goes through so that it passes no box; around all that are in its way at once.
 * @param {(box: Box) => boolean} isAllowed  whether the line may pass that box: it begins, ends or stays in it
 */
export function route(a, b, boxes, isAllowed = () => false) {
  if (b.x < a.x) return [a, b];
  const [top, low] = [Math.min(a.y, b.y) - CLEAR, Math.max(a.y, b.y) + CLEAR];
  const close = boxes.filter((box) => isBetween(box, a, b) && bottom(box) > top && box.y < low && !isAllowed(box));
  const way = close.length ? SAMPLES.map((t) => along(a, b, t)) : [];
  const met = close.filter((box) => way.some((point) => isInside(point, box, CLEAR / 2)));
  if (!met.length) return [a, b];
  const from = Math.max(Math.min(...met.map((box) => box.x)) - CLEAR, a.x + 3 * CLEAR);
  const to = Math.min(Math.max(...met.map(right)) + CLEAR, b.x - 3 * CLEAR);
  if (to <= from) return [a, b];
  const beside = boxes.filter((box) => isBetween(box, { x: from }, { x: to }) && !isAllowed(box));
  const y = freeLane((a.y + b.y) / 2, beside);
  return [a, { x: from, y }, { x: to, y }, b];
}

const isBetween = (box, a, b) => right(box) > a.x && box.x < b.x;

function isInside(point, box, around = 0) {
  const isAcross = point.x > box.x - around && point.x < right(box) + around;
  return isAcross && point.y > box.y - around && point.y < bottom(box) + around;
}

/** The height nearest to the wanted one that passes above, below or between the boxes. */
function freeLane(wanted, boxes) {
  const lanes = [wanted, ...boxes.flatMap((box) => [box.y - CLEAR, bottom(box) + CLEAR])];
  const free = lanes.filter((y) => !boxes.some((box) => y > box.y - CLEAR && y < bottom(box) + CLEAR));
  return free.reduce((best, y) => (Math.abs(y - wanted) < Math.abs(best - wanted) ? y : best), free[0] ?? wanted);
}

const LETTER = 6.8;
const LINE = 16;

/** The box of a label whose middle is at a point. */
export function labelBox(text, { x, y }) {
  const width = text.length * LETTER + 8;
  return { x: x - width / 2, y: y - LINE / 2, width, height: LINE };
}

/**
 * Where labels stand on their lines: before the target, in the middle or behind the source, wherever it meets no box and no
 * other label; else where it meets the fewest.
 * @param {{id: string, text: string, points: Point[]}[]} lines
 * @returns {Map<string, Point>}
 */
export function placeLabels(lines, boxes) {
  const found = new Map();
  const taken = [...boxes];
  for (const { id, text, points } of lines) {
    const places = labelPlaces(text, points);
    const clashes = (at) => taken.filter((box) => meet(box, labelBox(text, at))).length;
    const best = places.reduce((one, other) => (clashes(other) < clashes(one) ? other : one));
    found.set(id, best);
    taken.push(labelBox(text, best));
  }
  return found;
}

function labelPlaces(text, points) {
  const half = (text.length * LETTER) / 2 + 14;
  const last = points.at(-1);
  const first = points[0];
  const middle = points.length >> 1;
  const inside = [0.5, 0.65, 0.35].map((t) => along(points[middle - 1], points[middle], t));
  return [{ x: last.x - half, y: last.y }, ...inside, { x: first.x + half, y: first.y }];
}

export function meet(one, other) {
  const isBeside = right(one) <= other.x || right(other) <= one.x;
  return !isBeside && bottom(one) > other.y && bottom(other) > one.y;
}
