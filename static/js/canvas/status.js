// How a status is shown in what the server rendered: the tone, the word and the icon of a pill. For the outline and for cards.

import { toneOf } from './graph.js';

/**
 * Show a status in an element that has (or is) a `[data-tone]` with the slots word and icon.
 * @param {Element} element
 * @param {{status: string, tone?: string, word?: string, icon?: string}} state
 */
export function showState(element, { status, tone = toneOf(status), word, icon }) {
  const pill = element.matches('[data-tone]') ? element : element.querySelector('[data-tone]');
  if (!pill) return;
  pill.dataset.tone = tone;
  if (word !== undefined) pill.hidden = !word;
  const text = pill.querySelector('[data-slot=word]');
  if (text && word !== undefined && text.textContent !== word) text.textContent = word;
  if (icon) showIcon(pill.querySelector('svg'), icon);
}

function showIcon(svg, name) {
  const use = svg?.querySelector('use');
  if (!use) return;
  const [sprite] = use.getAttribute('href').split('#');
  use.setAttribute('href', `${sprite}#${name}`);
  svg.classList.toggle('is-spinning', name === 'loader-circle');
}
