// Which keys mean what: pure, so that it is tested without a browser. shortcuts.js listens and acts.

const FIELDS = "input, textarea, select, [contenteditable=''], [contenteditable='true'], .cm-editor, prompt-editor";
export const CHORD_MS = 1200;

/** True where a key press is typing, and so never a command. */
export function isTyping(target) {
  return Boolean(target?.closest?.(FIELDS)) && !["checkbox", "radio", "button", "submit"].includes(target.type);
}

/** A key press as text: "mod+k", "shift+z", "?", "g". Ctrl and Command are both "mod"; Shift is named with letters alone. */
export function nameOf(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isLetter = /^[a-z]$/.test(key) || key.length > 1;
  return [
    event.ctrlKey || event.metaKey ? "mod" : "",
    event.altKey ? "alt" : "",
    event.shiftKey && isLetter ? "shift" : "",
    key,
  ]
    .filter(Boolean)
    .join("+");
}

/** True for what can be switched off: one printable character without a modifier (WCAG 2.1.4). */
export function isLetterKey(name) {
  return [...name].length === 1 || /^shift\+.$/.test(name);
}

/**
 * Remembers the first key of a chord such as "g w".
 * `keys` maps names to anything; `press` gives what the key means now, or undefined.
 */
export class Keyboard {
  #first = "";
  #at = 0;

  constructor(keys) {
    this.keys = keys;
  }

  press(name, now) {
    const chord = this.#first && now - this.#at < CHORD_MS ? `${this.#first} ${name}` : "";
    this.#first = "";
    if (chord && chord in this.keys) {
      return this.keys[chord];
    }
    if (Object.keys(this.keys).some((key) => key.startsWith(`${name} `))) {
      this.#first = name;
      this.#at = now;
    }
    return this.keys[name];
  }
}

/** The next index when moving through `count` things with an arrow, Home or End; -1 for other keys. */
export function moved(key, index, count) {
  const next = {
    ArrowDown: (index + 1) % count,
    ArrowUp: (index - 1 + count) % count,
    Home: 0,
    End: count - 1,
  }[key];
  return count && next !== undefined ? next : -1;
}
