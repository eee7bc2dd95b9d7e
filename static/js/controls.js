// Small controls: copying, counting characters, pressing what is disabled.
import { changed } from './live.js';

function say(text) {
  const said = document.getElementById('said');
  if (said) said.textContent = text;
}

async function copy(button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    done = copyOldWay(button.dataset.copy); // without TLS the clipboard's interface is not there
  }
  const text = done ? button.dataset.done : button.dataset.failed;
  const label = button.querySelector('[data-label]');
  const before = label.dataset.before ?? label.textContent;
  label.dataset.before = before;
  label.textContent = text;
  say(text);
  clearTimeout(Number(button.dataset.timer));
  button.dataset.timer = setTimeout(() => {
    label.textContent = before;
  }, 2000);
}

function copyOldWay(text) {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'vh';
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}

function count() {
  for (const area of document.querySelectorAll('[data-counts]')) {
    const out = document.getElementById(area.dataset.counts);
    if (out) out.textContent = out.dataset.template.replace('%', [...area.value].length);
  }
}

// A control that is not available stays reachable, so that its reason can be read, but does nothing.
function onClick(event) {
  const off = event.target.closest('[aria-disabled="true"]');
  if (off) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  const button = event.target.closest('[data-copy]');
  if (button) copy(button);
  const focuses = event.target.closest('[data-focus]');
  if (focuses) {
    document.getElementById('tab-chat')?.click();
    document.getElementById(focuses.dataset.focus)?.focus();
  }
}

export function startControls() {
  document.addEventListener('click', onClick, true);
  document.addEventListener('input', count);
  changed(count);
}
