// The customer's screen: one connection after the other, the last picture between them, and what has to be said over it.
import RFB from '@novnc/novnc';
import { desktopOf } from './desktop.js';
import { Wire } from './wire.js';

const trouble = 3000; // milliseconds without a byte; the PC shows that it is there every second
const hopeless = 6000; // and then the connection is given up
const settled = 5000; // a connection that lasts so long counts as a good one
const opening = 15_000; // how long the server may look for the PC
const again = 15_000; // between tries that were refused for a reason that may pass by itself
const passing = ['crowded', 'no_capture', 'hidden'];
const levels = { auto: 6, sharp: 9, fast: 1 };

// state: "off", "opening", "live", "trouble", "paused", or the word of a refusal.
export class Screen {
  state = 'off';
  desktop = desktopOf('');
  heardAt = null; // milliseconds of the page's clock, of the last picture
  #root;
  #live;
  #last;
  #choices;
  #hooks;
  #rfb = null;
  #wire = null;
  #early = false; // this connection was opened while the customer was asked
  #shown = false; // this connection has brought a picture
  #watch = 'off';
  #mayType = false;
  #path = '';
  #label = '';
  #next = 0; // when to try again
  #since = 0; // when this connection brought its first picture
  #tries = 0;
  #focused = false;

  // hooks: changed() after each change of what is to be said, clipboard(text), now() in milliseconds.
  constructor(choices, hooks) {
    this.#choices = choices;
    this.#hooks = hooks;
    this.#live = document.createElement('div');
    this.#live.className = 'screen-live';
    this.#last = document.createElement('canvas');
    this.#last.className = 'screen-last';
    this.#last.setAttribute('role', 'img');
    this.#last.width = this.#last.height = 0;
    this.#root = document.createElement('div');
    this.#root.className = 'screen-root';
    this.#root.append(this.#last, this.#live);
    this.#root.addEventListener('keydown', event => this.#leave(event), true);
    setInterval(() => document.hidden || this.look(), 500);
    addEventListener('online', () => this.retry());
    document.addEventListener('visibilitychange', () => document.hidden || this.look());
  }

  // follow takes what the page says: "on", "ready", "keep" or "off", whether this technician has mouse and keyboard, and where.
  follow({ watch, mayType, path, label, lastLabel }) {
    const before = this.#watch;
    this.#watch = watch;
    this.#mayType = mayType;
    this.#path = path;
    this.#label = label;
    this.#last.setAttribute('aria-label', lastLabel);
    if (watch === 'off') {
      this.#close();
      this.#forget();
      this.#set('off');
      return;
    }
    if (watch === 'keep' && !this.#rfb) {
      this.#close();
      this.#set('off');
    }
    if (watch !== before && watch === 'ready') this.#next = this.#tries = 0;
    if (watch === 'on' && (before !== 'on' || this.refused)) {
      this.#next = this.#tries = 0;
      if (this.#wire && !this.#shown) {
        if (!this.#rfb) this.#wire.expect();
        this.#set('opening');
      }
    }
    this.#allow();
    this.look();
  }

  // attach puts the pictures into their place on the page, which a live update may have made anew.
  attach(place, ...more) {
    if (this.#root.parentNode !== place) place.replaceChildren(this.#root, ...more);
  }

  get refused() {
    return !['off', 'opening', 'live', 'trouble', 'paused'].includes(this.state);
  }

  // look sees to it that things are as they should be; it is called often.
  look() {
    const now = performance.now();
    if (this.#wire) {
      const quiet = now - this.#wire.heard;
      const asking = this.#watch === 'ready' && !this.#rfb; // the answer may take its time
      if (!asking && quiet > (this.#rfb || this.#early ? hopeless : opening)) {
        this.#lost();
      } else if (this.#watch === 'on' && quiet > trouble) {
        if (!this.refused) this.#set('trouble');
      } else if (this.#watch === 'on' && this.#shown) {
        this.#set('live');
        if (now - this.#since > settled) this.#tries = 0;
      }
      if (this.#wire) this.#hooks.changed();
      return;
    }
    if (this.#watch !== 'on' && this.#watch !== 'ready') return;
    if (this.#choices.get('paused')) {
      if (this.#watch === 'on') this.#set('paused');
    } else if (now >= this.#next) {
      this.#open();
    }
  }

  retry() {
    if (this.#wire && this.#shown && performance.now() - this.#wire.heard < trouble) return;
    this.#close();
    this.#next = 0;
    this.look();
  }

  // reopen connects anew with other wishes; the picture stays meanwhile.
  reopen() {
    this.#close();
    this.#next = this.#tries = 0;
    this.look();
    this.#hooks.changed();
  }

  pause(on) {
    this.#choices.set('paused', on);
    this.reopen();
  }

  apply() {
    this.#hooks.changed();
    if (!this.#rfb) return;
    const fit = this.#choices.get('scale') === 'fit';
    if (this.#rfb.scaleViewport !== fit) this.#rfb.scaleViewport = fit;
    this.#rfb.qualityLevel = levels[this.#choices.get('quality')];
  }

  get size() {
    const { width, height } = this.#canvas ?? this.#last;
    return this.hasPicture ? { width, height } : null;
  }

  // painted tells whether the present connection has brought a picture.
  get painted() {
    return this.#shown;
  }

  get scale() {
    return this.#choices.get('scale');
  }

  get hasPicture() {
    return this.#shown || this.#last.width > 0;
  }

  get live() {
    return this.#shown && performance.now() - this.#wire.heard < trouble;
  }

  get slow() {
    return this.#wire !== null && this.#wire.late > 1900;
  }

  // canType tells whether keys and clipboard reach the PC.
  get canType() {
    return this.live && this.#rfb !== null && !this.#rfb.viewOnly;
  }

  get focused() {
    return this.#canvas !== null && document.activeElement === this.#canvas;
  }

  focus() {
    this.#rfb?.focus({ preventScroll: true });
  }

  // press sends keys, the first held down while the others are pressed: pairs of a keysym and a key's code.
  press(...keys) {
    if (!this.canType) return;
    for (const [keysym, code] of keys) this.#rfb.sendKey(keysym, code, true);
    for (const [keysym, code] of keys.reverse()) this.#rfb.sendKey(keysym, code, false);
  }

  paste(text) {
    if (!this.canType) return false;
    this.#rfb.clipboardPasteFrom(text);
    return true;
  }

  toBlob() {
    const canvas = this.live ? this.#canvas : this.#last.width > 0 ? this.#last : this.#canvas;
    return new Promise(done => (this.hasPicture && canvas ? canvas.toBlob(done, 'image/png') : done(null)));
  }

  get #canvas() {
    return this.#rfb ? this.#live.querySelector('canvas') : null;
  }

  #open() {
    this.#tries++;
    const query = new URLSearchParams({ keyboard: this.#choices.get('keyboard') });
    if (this.#choices.get('monitor')) query.set('monitor', this.#choices.get('monitor'));
    const wire = new Wire(`${location.origin.replace(/^http/, 'ws')}${this.#path}?${query}`, {
      begin: () => this.#begin(),
      ended: (code, reason) => this.#ended(code, reason),
    });
    this.#wire = wire;
    this.#early = this.#watch === 'ready';
    if (this.#watch === 'on' && !this.refused && this.state !== 'trouble') this.#set('opening');
  }

  #begin() {
    if (this.#watch === 'on') this.#set('opening');
    const rfb = new RFB(this.#live, this.#wire, { shared: true });
    this.#rfb = rfb;
    rfb.background = 'transparent';
    rfb.clipViewport = false;
    rfb.showDotCursor = true; // where the PC shows no pointer there is a dot
    rfb.compressionLevel = 2;
    this.apply();
    this.#allow();
    rfb.addEventListener('connect', () => this.#expectPicture(rfb));
    rfb.addEventListener('desktopname', event => {
      this.desktop = desktopOf(event.detail.name);
      this.#allow();
      this.#hooks.changed();
    });
    rfb.addEventListener('clipboard', event => this.#hooks.clipboard(event.detail.text));
    rfb.addEventListener('disconnect', () => rfb === this.#rfb && this.#ended(4000, 'unreadable'));
    const canvas = this.#canvas;
    canvas.tabIndex = 0;
    canvas.addEventListener('focus', () => this.#hooks.focus());
    canvas.addEventListener('blur', () => {
      releaseKeys();
      this.#hooks.changed();
    });
  }

  // expectPicture waits until the canvas holds a picture: before, it is empty, and would be shown black.
  #expectPicture(rfb, looks = 0) {
    if (rfb !== this.#rfb) return;
    if (!isPainted(this.#canvas)) {
      setTimeout(() => this.#expectPicture(rfb, looks + 1), looks < 100 ? 10 : 200);
      return;
    }
    this.#shown = true;
    this.#since = performance.now();
    if (this.#watch === 'on') this.#set('live');
    this.#allow();
    if (this.#focused && document.activeElement === document.body) this.focus();
    this.#focused = false;
  }

  // allow lets keys and pointer through only for whoever has them, on the page and on the PC, and never to a screen that
  // can't be seen as it is now.
  #allow() {
    if (!this.#rfb) return;
    const { input, secure, paused } = this.desktop;
    const blind = !(this.#mayType && input && !secure && !paused && this.#shown && this.state !== 'trouble');
    if (this.#rfb.viewOnly !== blind) {
      if (blind) releaseKeys();
      this.#rfb.viewOnly = blind;
    }
    const canvas = this.#canvas;
    canvas.setAttribute('role', blind ? 'img' : 'application');
    canvas.setAttribute('aria-label', this.#label);
    canvas.toggleAttribute('data-blind', blind);
    if (blind) canvas.removeAttribute('aria-describedby');
    else canvas.setAttribute('aria-describedby', 'viewer-leave');
  }

  #ended(code, reason) {
    const seen = this.#shown;
    this.#close();
    if (code === 4001 && reason === 'not_signed_in') {
      location.reload();
      return;
    }
    if (code === 4001) {
      this.#next = passing.includes(reason) ? performance.now() + again : Infinity; // else the page says when
      this.#set(this.#watch === 'on' ? reason || 'refused' : 'off');
    } else {
      const first = this.#tries < 2;
      this.#next = performance.now() + (first ? 0 : 1000 + Math.random() * 1000);
      this.#set(this.#watch !== 'on' ? 'off' : seen || first ? 'opening' : 'trouble');
    }
    this.look();
  }

  #lost() {
    this.#close();
    this.#next = 0;
    this.#set(this.#watch === 'on' ? 'trouble' : 'off');
    this.look();
  }

  // close ends the connection and keeps its picture.
  #close() {
    if (this.#shown) this.#remember();
    this.#focused ||= this.focused;
    const [rfb, wire] = [this.#rfb, this.#wire];
    this.#rfb = this.#wire = null;
    this.#shown = false;
    this.desktop = { ...this.desktop, secure: false, paused: false, covered: 0, input: false, busy: false };
    if (rfb) {
      if (this.#focused) releaseKeys();
      rfb.disconnect();
    }
    wire?.drop();
    this.#live.replaceChildren();
  }

  #remember() {
    const canvas = this.#canvas;
    if (!canvas?.width) return;
    this.#last.width = canvas.width;
    this.#last.height = canvas.height;
    this.#last.getContext('2d').drawImage(canvas, 0, 0);
    this.heardAt = this.#hooks.now() - (performance.now() - this.#wire.heard);
  }

  #forget() {
    this.#last.width = this.#last.height = 0;
    this.#focused = false;
    this.heardAt = null;
  }

  #set(state) {
    if (this.state === state) return;
    this.state = state;
    this.#allow();
    this.#hooks.changed();
  }

  // quietSince is when something was last heard, while there is trouble.
  get quietSince() {
    return this.#wire && this.#shown ? this.#hooks.now() - (performance.now() - this.#wire.heard) : this.heardAt;
  }

  // leave gives the keyboard back to the page: the way out that Remote Desktop has.
  #leave(event) {
    if (!(event.ctrlKey && event.altKey && event.code === 'Home')) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#rfb?.blur();
    this.#hooks.left();
  }
}

// isPainted looks at one pixel, by way of a canvas that is made for being read.
const probe = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
function isPainted(canvas) {
  if (!canvas?.width || !canvas.height) return false;
  probe.clearRect(0, 0, 1, 1);
  probe.drawImage(canvas, canvas.width >> 1, canvas.height >> 1, 1, 1, 0, 0, 1, 1);
  return probe.getImageData(0, 0, 1, 1).data[3] > 0;
}

// releaseKeys lets go, on the PC, of all keys that are down. noVNC does so when the window loses the focus.
function releaseKeys() {
  window.dispatchEvent(new Event('blur'));
}
