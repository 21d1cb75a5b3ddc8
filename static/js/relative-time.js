// "4 min ago", kept fresh: the same words as ui/formats.py, and the exact time of the browser's own zone in the title.

const STEPS = [
  [31_536_000, "y"],
  [2_592_000, "mo"],
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
];

/** Both in milliseconds. */
export function relative(at, now) {
  const seconds = (now - at) / 1000;
  for (const [step, unit] of STEPS) {
    if (Math.abs(seconds) >= step) {
      const said = `${Math.floor(Math.abs(seconds) / step)} ${unit}`;
      return seconds > 0 ? `${said} ago` : `in ${said}`;
    }
  }
  return "now";
}

function refresh(now = Date.now()) {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const said = relative(Date.parse(time.dateTime), now);
    const text = time.dataset.relative ? `${time.dataset.relative} ${said}` : said;
    if (time.textContent !== text) {
      time.textContent = text;
    }
  }
}

export function start() {
  setInterval(refresh, 20_000);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
}
