// The live region: morphs that leave alone what the viewer is using, and a watch over the stream.
import { localise, setServerTime, tick } from './clocks.js';

const silence = 10_000; // milliseconds without a byte after which the connection counts as lost

// changed calls f after each live update, and once now.
const listeners = [];
export function changed(f) {
  listeners.push(f);
  f();
}

// keep tells the morph which of the old elements to leave as they are: what belongs to a script (data-kept), an open dialog,
// which somebody is filling in, a canvas, whose picture would be lost, and clocks and times that would only be written anew.
function keep(old, fresh) {
  if (old.dataset?.kept !== undefined && fresh.dataset?.kept !== undefined) return true;
  if (old.nodeName === 'DIALOG' && old.open) return true;
  if (old.nodeName === 'CANVAS' && old.id === fresh.id) return true;
  if (old.nodeName !== 'TIME' || fresh.nodeName !== 'TIME') return false;
  const { at, since, until } = old.dataset;
  if (at) return at === fresh.dataset.at && old.dateTime === fresh.dateTime;
  return (since ?? until) !== undefined && since === fresh.dataset.since && until === fresh.dataset.until;
}

// unfold opens what arrives open. A morph leaves "open" alone, which is the viewer's, but an element that it makes anew (it
// has no attributes yet) nobody has opened or closed.
function unfold(old, fresh) {
  if (old.nodeName === 'DETAILS' && fresh.hasAttribute('open') && old.attributes.length === 0) old.open = true;
}

function refresh() {
  localise();
  tick();
  const state = document.getElementById('state');
  if (state?.dataset.title) document.title = state.dataset.title;
  for (const f of listeners) f();
  document.dispatchEvent(new Event('rejoin:changed')); // for what is no part of this bundle
}

// The stream's element, its connection as htmx keeps it, and when something was last heard.
let stream = null;
let connection = null;
let heard = performance.now();

function hear() {
  heard = performance.now();
  const banner = document.getElementById('stale');
  if (banner) banner.hidden = true;
}

function lost() {
  const banner = document.getElementById('stale');
  if (banner) banner.hidden = false;
}

// hangUp gives up the present connection.
function hangUp() {
  connection?.reader?.cancel().catch(() => {});
  connection?.abortController?.abort();
}

// reconnect gives up the present connection, or the wait for the next try, and tries at once.
function reconnect() {
  if (!stream) return;
  if (!stream._htmx?.sse) {
    stream.dispatchEvent(new Event('rejoin:connect'));
    return;
  }
  hangUp();
  connection?.delayCanceller?.();
}

let tried = 0;
function watch() {
  const quiet = performance.now() - heard;
  if (quiet < silence) return;
  lost();
  if (performance.now() - tried < 3000) return;
  tried = performance.now();
  reconnect();
}

// A stream that the server does not give us any more, because nobody is signed in or the session is not there: the page
// itself knows better what to say.
function refused(status) {
  if ([401, 403, 404].includes(status)) location.reload();
}

export function startLive() {
  htmx.registerExtension('rejoin', {
    htmx_before_morph_node: (_, { oldNode, newNode }) => {
      unfold(oldNode, newNode);
      return !keep(oldNode, newNode);
    },
  });
  stream = document.getElementById('stream');
  document.addEventListener('htmx:after:swap', refresh);
  document.addEventListener('htmx:sse:before:connection', event => {
    connection = event.detail.connection;
  });
  document.addEventListener('htmx:sse:after:connection', event => {
    connection = event.detail.connection;
    hear();
  });
  document.addEventListener('htmx:sse:before:message', hear);
  document.addEventListener('htmx:sse:after:message', event => {
    if (!event.detail.message.event) refresh();
  });
  document.addEventListener('htmx:sse:error', event => refused(event.detail.status));
  document.addEventListener('htmx:before:response', event => {
    if (event.target === stream) refused(event.detail.ctx.response.status);
  });
  document.addEventListener('htmx:sse:close', () => {
    connection = null;
  });
  if (!stream) return;
  stream.addEventListener('beat', event => setServerTime(Number(event.detail.data)));
  stream.addEventListener('gone', () => location.reload());
  setInterval(watch, 1000);
  addEventListener('online', reconnect);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && performance.now() - heard > 4000) reconnect();
  });
  // A page that is left may wait in the browser's page cache, where it would keep one of the six connections that there are.
  addEventListener('pagehide', hangUp);
  addEventListener('pageshow', event => {
    if (event.persisted) reconnect(); // back from the browser's page cache
  });
}

