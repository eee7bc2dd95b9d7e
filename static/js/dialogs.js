// Dialogs: opened by links that lead to the same form as a page, closed by Cancel, Escape, or a form that was accepted.
import { changed } from './live.js';

// What is to have the focus first says so in data-first. Not by "autofocus": htmx gives that the focus at every live update,
// so that a space typed into the message would press OK.
function open(id, from) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return false;
  for (const menu of document.querySelectorAll('[popover]:popover-open')) menu.hidePopover();
  if (from?.dataset.kind) {
    const kind = dialog.querySelector(`input[name=kind][value=${CSS.escape(from.dataset.kind)}]:not(:disabled)`);
    if (kind) kind.checked = true;
  }
  dialog.showModal();
  dialog.querySelector('[data-first]')?.focus();
  return true;
}

function onClick(event) {
  const opener = event.target.closest('[data-opens]');
  if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    if (open(opener.dataset.opens, opener)) event.preventDefault();
    return;
  }
  const closer = event.target.closest('[data-close]');
  const dialog = closer?.closest('dialog');
  if (dialog) {
    event.preventDefault();
    dialog.close();
    return;
  }
  const remover = event.target.closest('[data-removes]');
  const gone = remover?.closest(remover.dataset.removes);
  if (gone?.id) removed.add(gone.id);
  gone?.remove();
}

// What was removed and has a name of its own stays away, whatever live updates bring.
const removed = new Set();
function removeAgain() {
  for (const id of removed) document.getElementById(id)?.remove();
}

// Alt with a letter, or / alone, as the page's own elements say in data-key.
function onKey(event) {
  if (event.defaultPrevented || document.querySelector('dialog[open]')) return;
  const typing = event.target.closest?.('input, textarea, select');
  if (event.key === '/' && !typing && !event.altKey && !event.ctrlKey && !event.metaKey) {
    const field = document.querySelector('[data-key="/"]');
    if (field) {
      event.preventDefault();
      field.focus();
    }
  } else if (event.altKey && !event.ctrlKey && !event.metaKey && event.code === 'KeyR') {
    const link = document.querySelector('[data-key="r"]');
    if (link && open(link.dataset.opens, link)) event.preventDefault();
  }
}

// A form that was accepted closes its dialog; what was typed has been dealt with.
function onAnswer(event) {
  const { ctx } = event.detail;
  const status = ctx.response?.status ?? 0;
  const form = ctx.sourceElement;
  if (status < 200 || status > 299 || !form?.matches?.('form')) return;
  if ('clears' in form.dataset) form.reset();
  if ('closes' in form.dataset) {
    form.closest('dialog')?.close();
    form.reset();
  }
  const problem = document.getElementById('problem');
  if (problem && form.getAttribute('hx-target') === '#problem') problem.replaceChildren();
}

// A request that never reached the server is a problem too.
function onFailure(event) {
  const form = event.detail.ctx?.sourceElement ?? event.target;
  if (form?.matches?.('form')) document.getElementById('stale')?.removeAttribute('hidden');
}

export function startDialogs() {
  document.addEventListener('click', onClick);
  changed(removeAgain);
  document.addEventListener('keydown', onKey);
  document.addEventListener('htmx:after:request', onAnswer);
  document.addEventListener('htmx:error', onFailure);
  // Without scripts a dialog that holds an error is open from the start; with them it is a real one.
  for (const dialog of document.querySelectorAll('dialog[open]')) {
    dialog.removeAttribute('open');
    dialog.showModal();
  }
}
