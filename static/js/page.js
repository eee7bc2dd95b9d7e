// What every page can do with scripts, customer's and technician's: it works without them, and better with them.
import { start } from './clocks.js';

// groupCode writes the digits of a code in groups of 3, 3 and 4, as people say them.
export function groupCode(text) {
  const digits = text.replace(/\D/g, '').slice(0, 10);
  return [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6)].filter(Boolean).join(' ');
}

// A code is grouped while it is typed or pasted; whoever edits in its middle is left alone.
function groupWhileTyping(event) {
  const input = event.target.closest?.('[data-code]');
  if (!input || input.selectionStart !== input.value.length || /[^\d\s.\-–—_/]/.test(input.value)) return;
  const grouped = groupCode(input.value);
  if (event.inputType?.startsWith('delete') || grouped === input.value) return;
  input.value = grouped;
}

// A secret in the link's fragment, which browsers don't send anywhere, goes into the form's field and out of the address.
function takeFragment() {
  const secret = decodeURIComponent(location.hash.slice(1));
  const form = document.querySelector('form[data-fragment]');
  const input = form && document.getElementById(form.dataset.fragment);
  if (!input || !/^[\w\-= .]{4,200}$/.test(secret)) return;
  input.value = 'code' in input.dataset ? groupCode(secret) : secret;
  history.replaceState(null, '', location.pathname + location.search);
  input.closest('[data-filled-hides]')?.setAttribute('hidden', '');
  form.querySelector('button[type=submit]')?.focus();
}

export function startPage() {
  document.documentElement.dataset.js = '';
  start();
  takeFragment();
  addEventListener('hashchange', takeFragment);
  document.addEventListener('input', groupWhileTyping);
}
