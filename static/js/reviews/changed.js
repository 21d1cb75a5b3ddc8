// What a person typed in a review's form: pure, so that it is tested without a browser.

const PREFIX = "reviews-draft:";

/** The names and texts that are a person's own: [[name, text], ...]. Files, tokens and buttons are none. */
export function typedIn(entries) {
  return [...entries].filter(
    ([name, value]) => typeof value === "string" && (name === "comment" || name === "port" || name.startsWith("value")),
  );
}

/** Whether two lists of names and texts say the same. */
export function isSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Of the editor alone, without the comment. */
export function edited(entries) {
  return entries.filter(([name]) => name.startsWith("value"));
}

/** "14:32", or "1:02:03". */
export function clock(seconds) {
  const left = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, index) => (index ? String(part).padStart(2, "0") : String(part))).join(":");
}

/** Texts that are kept in this browser until the server has them. Storage may be full or forbidden: then nothing is kept. */
export class Drafts {
  constructor(storage) {
    this.storage = storage;
  }

  keep(review, entries) {
    try {
      this.storage.setItem(PREFIX + review, JSON.stringify(entries));
    } catch {
      // what is typed is still in the form
    }
  }

  of(review) {
    try {
      return JSON.parse(this.storage.getItem(PREFIX + review) ?? "null");
    } catch {
      return null;
    }
  }

  forget(review) {
    try {
      this.storage.removeItem(PREFIX + review);
    } catch {
      // nothing was kept
    }
  }
}
