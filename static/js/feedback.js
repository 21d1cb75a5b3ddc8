// What a page tells after a request: pure, tested without a browser.

const REASONS = { 0: "lost", 401: "signedOut", 403: "refused", 404: "gone", 413: "large", 429: "busy" };
const MOST_MS = 15_000;
const PER_LETTER_MS = 70;

/** The name of the text (on #texts) for a status that is not swapped in; undefined for one that is. */
export function reasonOf(status) {
  return REASONS[status] ?? (status >= 500 || status === 400 || status === 405 ? "broken" : undefined);
}

/** How long a toast stays, in milliseconds; 0 is for ever. Longer texts stay longer. */
export function lasting(tone, text, seconds = 6) {
  return tone === "error" ? 0 : Math.max(seconds * 1000, Math.min(MOST_MS, text.length * PER_LETTER_MS));
}
