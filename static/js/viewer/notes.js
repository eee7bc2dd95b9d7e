// What is said about the picture: over it, when it is not live, and in the bar below.
import { timeOf } from '../clocks.js';

const icons = {
  connecting: 'monitor', trouble: 'wifi', secure: 'shield', held: 'pause', paused: 'pause', crowded: 'users', no_capture: 'warn', hidden: 'lock',
  no_consent: 'lock', refused: 'lock',
};
const calm = ['connecting', 'paused', 'held'];

export class Notes {
  element = document.createElement('div');
  #screen;
  #words;
  #kind = '';
  #body = document.createElement('p');
  #title = document.createElement('h2');
  #icon = document.createElement('span');
  #button = document.createElement('button');

  constructor(screen, words) {
    this.#screen = screen;
    this.#words = words;
    this.element.className = 'screen-note';
    this.element.setAttribute('role', 'status');
    this.#icon.className = 'big-icon';
    this.#button.type = 'button';
    this.#button.className = 'btn';
    this.#button.id = 'screen-do';
    this.#button.addEventListener('click', () => (this.#kind === 'paused' ? screen.pause(false) : screen.retry()));
  }

  show() {
    const { watch } = this.#words();
    const place = document.getElementById('screen');
    if (!place || !watch) return;
    const kind = watch === 'on' ? this.#now() : '';
    const live = this.#screen.live && kind === '';
    setAttribute(place, 'data-look', live ? 'live' : this.#screen.hasPicture || kind ? 'dim' : 'none');
    setAttribute(place, 'data-from', this.#screen.painted ? 'live' : 'last');
    setAttribute(place, 'data-scale', this.#screen.scale);
    this.#over(kind);
    this.#bar(kind, live);
    this.#facts(live);
  }

  // now is the kind of note that is due, or none.
  #now() {
    const { state, desktop } = this.#screen;
    if (state === 'off') return '';
    if (state === 'opening' || state === 'live') {
      if (desktop.paused || this.#words().held !== undefined) return 'held';
      if (desktop.secure) return 'secure';
      return state === 'live' ? '' : 'connecting';
    }
    return Object.hasOwn(icons, state) ? state : 'refused';
  }

  #text(kind, part = '') {
    return this.#words()[camel(`note-${kind}${part}`)] ?? '';
  }

  #over(kind) {
    let body = this.#text(kind, '-body');
    if (kind === 'trouble') body = this.#screen.quietSince ? body.replace('%', timeOf(this.#screen.quietSince)) : this.#text(kind, '-first');
    if (kind !== this.#kind) {
      this.#kind = kind;
      setAttribute(this.element, 'data-kind', kind);
      setAttribute(this.element, 'data-tone', calm.includes(kind) ? 'live' : 'warn');
      if (kind === '') {
        this.element.replaceChildren();
        return;
      }
      this.#icon.replaceChildren(icon(icons[kind]));
      const label = this.#text(kind, '-do');
      this.#button.textContent = label;
      this.element.replaceChildren(this.#icon, this.#title, this.#body, ...(label ? [this.#button] : []));
    }
    setText(this.#title, this.#text(kind));
    setText(this.#body, body);
  }

  #bar(kind, live) {
    const words = this.#words();
    const parts = [];
    let look = ['off', 'clock'];
    if (live) {
      const mine = words.hand === 'mine' || words.hand === 'wanted';
      look = ['ok', mine ? 'pointer' : 'eye'];
      parts.push(mine && !this.#screen.desktop.input ? words.deaf : words.live);
    } else {
      if (kind) {
        look = [calm.includes(kind) ? 'live' : 'warn', icons[kind]];
        parts.push(this.#text(kind));
      }
      if (this.#screen.hasPicture) parts.push(words.last.replace('%', timeOf(this.#screen.quietSince ?? 0)));
    }
    const said = document.getElementById('viewer-now');
    const text = parts.join(' · ');
    if (!said || said.dataset.text === `${look} ${text}`) return;
    said.dataset.text = `${look} ${text}`;
    said.replaceChildren(...(text ? [tone(look, text)] : []));
  }

  #facts(live) {
    const words = this.#words();
    const { desktop, size, slow, canType, focused } = this.#screen;
    const facts = [];
    if (live) {
      if (canType && focused) facts.push(['keyboard', words.leave, 'live']);
      if (desktop.busy) facts.push(['user', words.busy, 'warn']);
      if (desktop.covered > 0) facts.push(['lock', words.covered.replace('%', desktop.covered), 'warn']);
    }
    if (size) facts.push(['', `${size.width} × ${size.height}`, '']);
    if (live && desktop.rtt !== null) facts.push(['', `${desktop.rtt} ms`, '']);
    if (live) facts.push(['wifi', slow ? words.slow : words.good, slow ? 'warn' : '']);
    const place = document.getElementById('viewer-facts');
    const text = JSON.stringify(facts);
    if (!place || place.dataset.text === text) return;
    place.dataset.text = text;
    place.replaceChildren(...facts.map(([symbol, fact, kind]) => tone([kind, symbol], fact)));
  }
}

// tone is a fact in words, with its icon and tone if it has them.
function tone([kind, symbol], text) {
  const span = document.createElement('span');
  if (kind) {
    span.className = 'tone';
    span.dataset.tone = kind;
  }
  if (symbol) span.append(icon(symbol));
  span.append(text);
  return span;
}

const svg = 'http://www.w3.org/2000/svg';
export function icon(name) {
  const sprite = document.querySelector('svg.icon use')?.getAttribute('href')?.split('#')[0] ?? '';
  const picture = document.createElementNS(svg, 'svg');
  picture.setAttribute('class', 'icon');
  picture.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(svg, 'use');
  use.setAttribute('href', `${sprite}#i-${name}`);
  picture.append(use);
  return picture;
}

// camel writes a data attribute's name as dataset has it.
const camel = name => name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());

export function setText(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

export function setAttribute(el, name, value) {
  if (el.getAttribute(name) !== value) el.setAttribute(name, value);
}
