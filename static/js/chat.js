// The conversation: Enter sends, the newest line stays in sight, and a line that arrives behind another tab is marked.
import { changed } from './live.js';

function onKey(event) {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || !event.target.matches?.('[data-enter]')) return;
  event.preventDefault();
  if (event.target.value.trim() !== '') event.target.form.requestSubmit();
}

// sticky are lists that are scrolled to their end, as long as the viewer does not look further up.
const atEnd = new Map();
function follow() {
  for (const id of ['chat', 'win-lines']) {
    const list = document.getElementById(id);
    if (!list) continue;
    if (atEnd.get(id) ?? true) list.scrollTop = list.scrollHeight;
  }
}

function onScroll(event) {
  const { id, scrollTop, scrollHeight, clientHeight } = event.target;
  if (id === 'chat' || id === 'win-lines') atEnd.set(id, scrollHeight - scrollTop - clientHeight < 24);
}

let seen = null;
function markUnread() {
  const dot = document.querySelector('[data-unread]');
  if (!dot) return;
  const last = [...document.querySelectorAll('#chat [data-from="customer"]')].at(-1)?.id ?? '';
  if (seen === null || document.getElementById('tab-chat')?.checked) seen = last;
  dot.hidden = last === seen;
}

export function startChat() {
  document.addEventListener('keydown', onKey);
  document.addEventListener('scroll', onScroll, true);
  document.addEventListener('change', event => {
    if (event.target.name !== 'side') return;
    markUnread();
    follow();
  });
  changed(follow);
  changed(markUnread);
}
