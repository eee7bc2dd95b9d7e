// The filter of the list: at once, without asking the server; the server's own filter serves those without scripts.
import { changed } from './live.js';

function filter() {
  const form = document.querySelector('[data-filters]');
  const region = form && document.getElementById(form.dataset.filters);
  if (!region) return;
  const words = form.querySelector('input').value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  const rows = region.querySelectorAll('[data-text]');
  for (const row of rows) {
    row.hidden = !words.every(word => row.dataset.text.includes(word));
    if (!row.hidden) shown++;
  }
  for (const card of region.querySelectorAll('.card')) {
    const own = card.querySelectorAll('[data-text]');
    if (own.length) card.hidden = [...own].every(row => row.hidden);
  }
  const none = region.querySelector('[data-none]');
  if (none) none.hidden = shown > 0 || rows.length === 0;
}

export function startFilter() {
  const form = document.querySelector('[data-filters]');
  if (!form) return;
  form.addEventListener('submit', event => event.preventDefault());
  form.addEventListener('input', filter);
  changed(filter);
}
