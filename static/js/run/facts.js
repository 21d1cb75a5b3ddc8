// What an event of a run says that a page shows at once: pure, tested without a browser. The words come with the page.

const PEOPLE = new Set(["output", "tool_call", "plan", "input", "budget", "incident"]);

/** The node that a step's path names: `each/draft` of `each[3]/draft`. */
export function nodeOf(path) {
  return path.replace(/(#\d+)?\[\d+\]|#\d+$/g, "");
}

/** True where `path` is the step `of`, or lies inside it. */
export function belongs(path, of) {
  return path === of || ["[", "#", "/"].some((mark) => path.startsWith(of + mark));
}

/**
 * What one event says: `steps` maps the paths of steps of the whole workflow to the name of their word, `touched` are all paths,
 * `run` is the run's new status, `failed` and `asked` are steps that people should hear of.
 */
export function read({ facts }) {
  const found = { steps: new Map(), touched: new Set(), run: "", failed: [], asked: [] };
  for (const fact of facts) {
    if ("run" in fact && !("call" in fact) && typeof fact.run === "string") {
      found.run = fact.run;
    }
    const path = fact.step ?? fact.of ?? fact.scope ?? fact.closed;
    if (path) {
      found.touched.add(path);
    }
    if (isStatus(fact)) {
      readStep(fact, found);
    }
  }
  return found;
}

function isStatus(fact) {
  return "step" in fact && "status" in fact && !("call" in fact);
}

function readStep(fact, found) {
  const { step, status, reason = "" } = fact;
  if (!step.includes("[")) {
    found.steps.set(step, status === "waiting" ? `waiting:${reason}` : status);
  }
  if (status === "failed") {
    found.failed.push(step);
  } else if (status === "waiting" && PEOPLE.has(reason)) {
    found.asked.push(step);
  }
}

/** A sentence with its {names} filled in. */
export function filled(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
