// Clocks and times. The server writes the text that is right at the moment of rendering; here it is kept right, by the
// server's time, so that a wrong clock on this computer does not matter. Nothing here is in a live region.

let offset = 0; // server's time minus this computer's

// setServerTime takes the server's time in milliseconds, at the moment it arrives.
export function setServerTime(ms) {
  if (Number.isFinite(ms)) offset = ms - Date.now();
}

export function now() {
  return Date.now() + offset;
}

// clock writes 1:12, or 1:02:03 from an hour on.
export function clock(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = n => String(n).padStart(2, '0');
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

const lang = document.documentElement.lang || 'en';
const formats = {
  m: new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  s: new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }),
  d: new Intl.DateTimeFormat(lang, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
};
const full = new Intl.DateTimeFormat(lang, { dateStyle: 'full', timeStyle: 'long' });

// timeOf is a moment of the page's time, in milliseconds, as this computer's zone has it.
export function timeOf(ms) {
  return formats.s.format(new Date(ms));
}

// localise writes the times below root in this computer's zone.
export function localise(root = document) {
  for (const el of root.querySelectorAll('time[data-at]')) {
    const at = new Date(el.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    setText(el, (formats[el.dataset.at] ?? formats.s).format(at));
    el.title = full.format(at);
  }
}

function setText(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

function setAttribute(el, name, value) {
  if (el.getAttribute(name) !== value) el.setAttribute(name, value);
}

const part = (ms, total) => Math.min(100, Math.max(0, total > 0 ? (ms / total) * 100 : 0)).toFixed(1);

// tick brings every clock, ring and bar of the page up to date.
export function tick() {
  const t = now();
  for (const el of document.querySelectorAll('time[data-since]')) setText(el, clock(t - el.dataset.since));
  for (const el of document.querySelectorAll('time[data-until]')) {
    // A countdown shows 0:00 when it is over, and not a second before.
    setText(el, clock(Math.ceil((el.dataset.until - t) / 1000) * 1000));
    const expires = el.closest('[data-expires]');
    if (expires) expires.toggleAttribute('data-over', expires.hasAttribute('data-over') || t >= el.dataset.until);
  }
  for (const el of document.querySelectorAll('[data-ring-since]')) {
    setAttribute(el, 'stroke-dasharray', `${part(t - el.dataset.ringSince, el.dataset.ringTotal)} 100`);
  }
  for (const el of document.querySelectorAll('[data-ring-until]')) {
    setAttribute(el, 'stroke-dasharray', `${part(el.dataset.ringUntil - t, el.dataset.ringTotal)} 100`);
  }
  for (const el of document.querySelectorAll('[data-bar-since]')) {
    setAttribute(el, 'width', `${part(t - el.dataset.barSince, el.dataset.barTotal)}%`);
  }
  for (const el of document.querySelectorAll('[data-bar-until]')) {
    setAttribute(el, 'width', `${part(el.dataset.barUntil - t, el.dataset.barTotal)}%`);
  }
}

// start sets the clocks going. The page's own time is a first guess; the stream's beats correct it.
export function start() {
  setServerTime(Number(document.documentElement.dataset.now));
  localise();
  tick();
  setInterval(tick, 1000);
}
