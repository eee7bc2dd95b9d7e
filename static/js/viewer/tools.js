// The toolbar's part that needs no server: keys, monitors, size, quality, keyboard, pause, screenshot, full screen.
import { now } from '../clocks.js';
import { setAttribute, setText } from './notes.js';

const keys = {
  win: [[0xffeb, 'MetaLeft']],
  alt_tab: [[0xffe9, 'AltLeft'], [0xff09, 'Tab']],
  ctrl_w: [[0xffe3, 'ControlLeft'], [0x77, 'KeyW']],
  esc: [[0xff1b, 'Escape']],
  print: [[0xff61, 'PrintScreen']],
  sas: [[0xffe3, 'ControlLeft'], [0xffe9, 'AltLeft'], [0xffff, 'Delete']],
};

export class Tools {
  #screen;
  #choices;
  #words;
  #say;
  #locked = false;

  constructor(screen, choices, words, say) {
    this.#screen = screen;
    this.#choices = choices;
    this.#words = words;
    this.#say = say;
    document.addEventListener('click', event => this.#onClick(event));
    document.addEventListener('change', event => this.#onChange(event));
    document.addEventListener('fullscreenchange', () => this.show());
  }

  show() {
    for (const input of document.querySelectorAll('#picture-choices input[type=radio]')) {
      const on = this.#choices.get(input.name) === input.value;
      if (input.checked !== on) input.checked = on;
    }
    const pause = document.getElementById('picture-pause');
    if (pause) {
      const paused = this.#choices.get('paused');
      setAttribute(pause, 'aria-pressed', String(paused));
      setText(pause.querySelector('[data-label]'), paused ? this.#words().unpause : this.#words().pause);
    }
    this.#showMonitors();
    this.#showFull();
    this.#lockKeys();
  }

  #onClick(event) {
    const { target } = event;
    const key = target.closest('[data-press]');
    if (key && Object.hasOwn(keys, key.dataset.press)) {
      closeMenus();
      this.#screen.focus();
      this.#screen.press(...keys[key.dataset.press]);
      return;
    }
    const monitor = target.closest('[data-monitor]');
    if (monitor) {
      closeMenus();
      this.#choices.set('monitor', monitor.dataset.monitor);
      this.#screen.reopen();
    } else if (target.closest('[data-full]')) {
      closeMenus();
      this.#full();
    } else if (target.closest('#picture-pause')) {
      closeMenus();
      this.#screen.pause(!this.#choices.get('paused'));
    } else if (target.closest('#picture-shot')) {
      closeMenus();
      this.#shoot();
    }
  }

  #onChange({ target }) {
    if (!target.closest('#picture-choices')) return;
    const before = this.#choices.get(target.name);
    this.#choices.set(target.name, target.value);
    if (target.name === 'keyboard' && before !== target.value) this.#screen.reopen();
    this.#screen.apply();
  }

  // The PC names its monitors; the names are its own and are shown as text.
  #showMonitors() {
    const { monitors, monitor } = this.#screen.desktop;
    if (monitors.length === 0) return;
    const words = this.#words();
    const at = Math.max(0, monitors.findIndex(m => m.id === monitor));
    const label = (words.monitor ?? '').replace('%', at + 1).replace('#', monitors.length);
    for (const el of document.querySelectorAll('[data-monitor-now]')) setText(el, label);
    const text = JSON.stringify([monitors, at]);
    for (const list of document.querySelectorAll('[data-monitors]')) {
      if (list.dataset.text === text) continue;
      list.dataset.text = text;
      list.replaceChildren(...(monitors.length === 1 ? [note(words.only)] : monitors.map((m, i) => choice(m, i, i === at, words.primary))));
    }
  }

  async #full() {
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else await document.getElementById('main').requestFullscreen();
    } catch {
      // the browser doesn't want to
    }
  }

  // In the full screen whoever controls has even Ctrl+W and the Windows key go to the PC, where the browser knows how;
  // Escape, held down, still leaves it.
  #lockKeys() {
    const { hand } = this.#words();
    const lock = document.fullscreenElement !== null && (hand === 'mine' || hand === 'wanted');
    if (lock === this.#locked || !navigator.keyboard?.lock) return;
    this.#locked = lock;
    if (lock) navigator.keyboard.lock().catch(() => {});
    else navigator.keyboard.unlock();
  }

  #showFull() {
    const label = document.fullscreenElement ? this.#words().leaveFull : this.#words().full;
    if (!label) return;
    for (const el of document.querySelectorAll('[data-full-label]')) setText(el, label);
    const button = document.getElementById('full-button');
    if (!button) return;
    setAttribute(button, 'aria-label', label);
    setAttribute(button, 'title', label);
  }

  async #shoot() {
    const picture = await this.#screen.toBlob();
    if (!picture) {
      this.#say(this.#words().shotNone);
      return;
    }
    const link = document.createElement('a');
    link.href = URL.createObjectURL(picture);
    link.download = fileName(this.#words().pc, new Date(now()));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    this.#say(this.#words().shot.replace('%', link.download));
  }
}

// fileName is fit for every system: the PC's name is the PC's own.
function fileName(pc, at) {
  const two = n => String(n).padStart(2, '0');
  const name = pc.replace(/[^\p{L}\p{N} ._-]/gu, '-').slice(0, 60).replace(/^[. ]+|[. ]+$/g, '');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${name || 'PC'} ${day} ${two(at.getHours())}.${two(at.getMinutes())}.${two(at.getSeconds())}.png`;
}

function closeMenus() {
  for (const menu of document.querySelectorAll('[popover]:popover-open')) menu.hidePopover();
}

function note(text) {
  const p = document.createElement('p');
  p.className = 'menu-note';
  p.textContent = text;
  return p;
}

function choice(monitor, index, now, primary) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'btn';
  button.dataset.monitor = monitor.id;
  button.setAttribute('aria-pressed', String(now));
  const number = document.createElement('b');
  number.className = 'num';
  number.textContent = index + 1;
  const size = document.createElement('small');
  size.textContent = [`${monitor.w} × ${monitor.h}`, monitor.primary ? primary : ''].filter(Boolean).join(', ');
  button.append(number, monitor.name || `${index + 1}`, size);
  return button;
}
