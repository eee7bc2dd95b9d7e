// A browser notification when the PC is back, if the viewer wants one. The choice is kept in this browser.
import { changed } from './live.js';

const key = 'rejoin.notify';
const able = 'Notification' in window;

function wanted() {
  return able && Notification.permission === 'granted' && localStorage.getItem(key) === '1';
}

function show() {
  for (const button of document.querySelectorAll('[data-notify]')) {
    button.hidden = !able;
    button.setAttribute('aria-pressed', String(wanted()));
  }
}

async function onClick(event) {
  const button = event.target.closest('[data-notify]');
  if (!button) return;
  if (wanted()) {
    localStorage.removeItem(key);
  } else if ((await Notification.requestPermission()) === 'granted') {
    localStorage.setItem(key, '1');
  } else {
    const said = document.getElementById('said');
    if (said) said.textContent = button.dataset.denied;
    button.title = button.dataset.denied;
  }
  show();
}

// Away are the phases in which the technician waits; leaving them is news.
const away = ['away', 'going_down', 'down'];
let before = null;
function tell() {
  const state = document.getElementById('state');
  if (!state) return;
  const phase = state.dataset.phase;
  const text = phase === 'ended' ? state.dataset.expired : state.dataset.back;
  if (before !== null && away.includes(before) && !away.includes(phase) && wanted() && document.hidden) {
    new Notification('Rejoin', { body: text, tag: location.pathname });
  }
  before = phase;
}

export function startNotify() {
  document.addEventListener('click', onClick);
  changed(show);
  changed(tell);
}
