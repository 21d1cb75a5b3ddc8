// Which key means what on the canvas. Pure: from what was pressed to the name of a command.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = { Escape: 'clear', Home: 'first', End: 'last' };
const SIGNS = { '+': 'zoomIn', '=': 'zoomIn', '-': 'zoomOut', 0: 'zoomReset', f: 'fit', l: 'tidy', o: 'outline' };

/** The direction of an arrow key, else nothing. */
export function direction({ key, altKey, ctrlKey, metaKey }) {
  return altKey || ctrlKey || metaKey ? undefined : ARROWS[key];
}

/**
 * The command of a key. Single signs can be switched off (WCAG 2.1.4), the others cannot.
 * @param {{key: string, altKey: boolean, ctrlKey: boolean, metaKey: boolean}} pressed
 */
export function command({ key, altKey, ctrlKey, metaKey }, { hasSigns = true } = {}) {
  if (altKey || ctrlKey || metaKey) return undefined;
  return KEYS[key] ?? (hasSigns ? SIGNS[key.toLowerCase()] : undefined);
}
