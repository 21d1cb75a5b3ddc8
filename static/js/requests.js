// The rules for htmx: nothing is evaluated, no script comes with an answer, and a request that failed says so.
// An answer of 2xx, 409 or 422 is swapped in; others leave the page as it is (htmx-config in templates/skeleton.html).

import htmx from "../vendor/htmx.js";
import { reasonOf } from "./feedback.js";
import { toast } from "./toasts.js";

function tell(reason) {
  const text = document.getElementById("texts")?.dataset[reason];
  const open = [...document.querySelectorAll("#toasts [data-slot=text]")].some((one) => one.textContent === text);
  if (text && !open) {
    toast({ text, tone: "error" });
  }
}

function withoutScripts(_element, { tasks }) {
  for (const { fragment } of tasks) {
    fragment?.querySelectorAll?.("script:not([type='application/json'])").forEach((script) => script.remove());
  }
}

/** A sign-in page that answers for a fragment (the session has ended) is a page of its own, never a piece of this one. */
function isSignIn(response) {
  return response.raw.redirected && new URL(response.raw.url).pathname.startsWith("/accounts/login/");
}

function answered(event) {
  const { ctx } = event.detail;
  if (isSignIn(ctx.response)) {
    ctx.swap = "none";
    tell("signedOut");
    return;
  }
  const reason = reasonOf(ctx.response.status);
  if (reason) {
    tell(reason);
  }
}

export function start() {
  htmx.registerExtension("baton", { htmx_before_swap: withoutScripts });
  document.addEventListener("htmx:before:on:init", (event) => event.preventDefault());
  document.addEventListener("htmx:after:request", answered);
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx && !event.detail.ctx.response) {
      tell("lost");
    }
  });
}
