// The demo PC's picture: drawn as it comes, it takes the mouse and the keyboard of whoever sits before it. What they do goes to
// the server as lines: "p MONITOR X Y BUTTONS", or "k KEYSYM DOWN", as RFB has them.
import { changed } from './live.js';

const pause = 80; // milliseconds between two pictures, at least
const batch = 200; // events in a request

let monitor = '1';
let canvas = null; // the one that is served
let version = '0'; // of the picture that it shows
let asking = null; // ends the present request

const sleep = ms => new Promise(done => setTimeout(done, ms));

// follow shows pictures as long as the canvas is there and somebody may be looking.
async function follow(on) {
  while (canvas === on && on.isConnected && !document.hidden) {
    const began = performance.now();
    try {
      await next(on);
    } catch (err) {
      if (err.name !== 'AbortError') await sleep(1000); // without a server the page says so itself
    }
    await sleep(Math.max(0, pause - (performance.now() - began)));
  }
  if (canvas === on) canvas = null;
}

async function next(on) {
  asking = new AbortController();
  const asked = monitor;
  const answer = await fetch(`${on.dataset.picture}?monitor=${asked}&after=${version}`, { signal: asking.signal });
  if (answer.status === 204) return;
  if (!answer.ok) throw new Error(answer.statusText);
  const bitmap = await createImageBitmap(await answer.blob());
  if (asked !== monitor || canvas !== on) return;
  if (on.width !== bitmap.width || on.height !== bitmap.height) {
    on.width = bitmap.width;
    on.height = bitmap.height;
  }
  on.getContext('2d').drawImage(bitmap, 0, 0);
  bitmap.close();
  version = answer.headers.get('X-Picture-Version') ?? '0';
  on.dataset.cursor = answer.headers.get('X-Picture-Cursor') ?? '';
  on.dataset.version = version;
}

function look() {
  for (const b of document.querySelectorAll('[data-monitor]')) b.setAttribute('aria-pressed', b.dataset.monitor === monitor);
  const now = document.getElementById('pc-canvas');
  if (now === canvas || (now && document.hidden)) return;
  asking?.abort();
  canvas = now;
  version = '0';
  if (canvas) follow(canvas);
}

// leave gives the connection up when the page goes, perhaps into the browser's page cache: there are only six.
function leave() {
  canvas = null;
  asking?.abort();
}

function choose(event) {
  const button = event.target.closest('[data-monitor]');
  if (!button || button.dataset.monitor === monitor) return;
  monitor = button.dataset.monitor;
  version = '0';
  asking?.abort();
  look();
}

// Events wait here while a request is on its way, so that they arrive in order. Of moves only the last counts.
const waiting = [];
let sending = false;

function push(kind, ...numbers) {
  const last = waiting.at(-1);
  const move = kind === 'p' && last?.[0] === 'p' && last[1] === numbers[0] && last[4] === numbers[3];
  if (move) waiting.pop();
  waiting.push([kind, ...numbers]);
  if (!sending) send();
}

async function send() {
  sending = true;
  while (waiting.length > 0) {
    const path = document.getElementById('pc-canvas')?.dataset.input;
    const events = waiting.splice(0, batch).map(e => e.join(' ')).join('\n');
    if (!path) continue; // nobody listens
    try {
      await fetch(path, { method: 'POST', body: new URLSearchParams({ events }), headers: { 'HX-Request': 'true' } });
    } catch {
      await sleep(1000);
    }
  }
  sending = false;
}

// buttonsOf puts the browser's order of buttons into RFB's.
const buttonsOf = b => (b & 1) | ((b & 4) >> 1) | ((b & 2) << 1);

let at = [0, 0];
function point(on, event, buttons) {
  const box = on.getBoundingClientRect();
  const within = (v, size, all) => Math.min(all - 1, Math.max(0, Math.floor((v / size) * all)));
  at = [within(event.clientX - box.left, box.width, on.width), within(event.clientY - box.top, box.height, on.height)];
  push('p', monitor, ...at, buttons);
}

function onPointer(event) {
  const on = event.target;
  if (on !== canvas || !event.isPrimary) return;
  if (event.type === 'pointerdown') {
    on.focus({ preventScroll: true });
    on.setPointerCapture(event.pointerId);
  }
  if (event.type === 'pointercancel') push('p', monitor, ...at, 0);
  else point(on, event, buttonsOf(event.buttons));
}

// The wheel scrolls the picture once it has been clicked; before, it scrolls the page.
function onWheel(event) {
  const on = event.target;
  if (on !== canvas || document.activeElement !== on || event.deltaY === 0) return;
  event.preventDefault();
  point(on, event, event.deltaY < 0 ? 8 : 16);
  point(on, event, 0);
}

const named = {
  Backspace: 0xff08, Enter: 0xff0d, Escape: 0xff1b, Delete: 0xffff, Home: 0xff50, ArrowLeft: 0xff51, ArrowUp: 0xff52,
  ArrowRight: 0xff53, ArrowDown: 0xff54, PageUp: 0xff55, PageDown: 0xff56, End: 0xff57, Shift: 0xffe1, Control: 0xffe3,
  Alt: 0xffe9, AltGraph: 0xfe03,
};

function keysym(event) {
  if (named[event.key]) return named[event.key];
  if ([...event.key].length !== 1) return 0;
  const code = event.key.codePointAt(0);
  return code <= 0xff ? code : 0x1000000 + code;
}

const held = new Map(); // what each key that is down was sent as

// A key goes to the picture, but for Tab, which leads out of it, and the browser's own shortcuts.
function onKey(event) {
  if (event.target !== canvas || event.key === 'Tab') return;
  const altgr = event.getModifierState('AltGraph');
  const shortcut = (event.ctrlKey && !altgr && !/^[acvx]$/i.test(event.key)) || event.altKey || event.metaKey;
  const sym = keysym(event);
  if (!sym || (shortcut && !altgr && !named[event.key])) return;
  event.preventDefault();
  held.set(event.code, sym);
  push('k', sym, 1);
}

function onKeyUp(event) {
  const sym = held.get(event.code);
  if (sym === undefined) return;
  held.delete(event.code);
  push('k', sym, 0);
}

function letGo() {
  for (const sym of held.values()) push('k', sym, 0);
  held.clear();
}

export function startDemo() {
  if (!document.body.classList.contains('demo')) return;
  changed(look);
  document.addEventListener('click', choose);
  for (const kind of ['pointerdown', 'pointermove', 'pointerup', 'pointercancel']) document.addEventListener(kind, onPointer);
  document.addEventListener('wheel', onWheel, { passive: false });
  document.addEventListener('contextmenu', event => event.target === canvas && event.preventDefault());
  document.addEventListener('keydown', onKey);
  document.addEventListener('keyup', onKeyUp);
  document.addEventListener('focusout', event => event.target === canvas && letGo());
  addEventListener('blur', letGo);
  document.addEventListener('visibilitychange', look);
  addEventListener('pagehide', leave);
  addEventListener('pageshow', look);
}
