// Text between this computer's clipboard and the PC's. Nothing passes by itself unless the technician wants it so.
const most = 1 << 20; // characters; the PC takes no more either

export class Clipboard {
  #screen;
  #choices;
  #words;
  #text = ''; // the PC's
  #passed = ''; // what went over last, either way

  constructor(screen, choices, words) {
    this.#screen = screen;
    this.#choices = choices;
    this.#words = words;
    document.addEventListener('click', event => {
      if (event.target.closest('#clip-send')) this.#send();
    });
    document.addEventListener('change', event => {
      if (event.target.id === 'clip-sync') this.#choices.set('sync', event.target.checked);
    });
    document.addEventListener('input', event => {
      if (event.target.id === 'clip-to') this.#say('');
    });
  }

  // arrived takes the PC's new text.
  arrived(text) {
    this.#text = text.slice(0, most);
    this.#passed = this.#text;
    if (this.#choices.get('sync') && document.hasFocus()) navigator.clipboard?.writeText(this.#text).catch(() => {});
    this.show();
  }

  // offer gives the PC this computer's text, when the technician turns to the screen and wants it so.
  async offer() {
    if (!this.#choices.get('sync') || !this.#screen.canType || !navigator.clipboard?.readText) return;
    try {
      const text = (await navigator.clipboard.readText()).slice(0, most);
      if (text === '' || text === this.#passed) return;
      if (this.#screen.paste(text)) this.#passed = text;
    } catch {
      // the browser, or whoever sits before it, said no
    }
  }

  show() {
    const from = document.getElementById('clip-from');
    if (!from) return;
    if (from.value !== this.#text) from.value = this.#text;
    const copy = document.getElementById('clip-copy');
    copy.disabled = this.#text === '';
    if (copy.dataset.copy !== this.#text) copy.dataset.copy = this.#text;
    const words = this.#words();
    const able = this.#screen.canType;
    document.getElementById('clip-send').disabled = !able;
    const sync = document.getElementById('clip-sync');
    if (sync.checked !== this.#choices.get('sync')) sync.checked = this.#choices.get('sync');
    const why = document.getElementById('clip-why');
    why.hidden = able;
    why.lastElementChild.textContent = words.hand === 'mine' || words.hand === 'wanted' ? words.clipDead : words.clipView;
  }

  #send() {
    const area = document.getElementById('clip-to');
    const text = area.value.slice(0, most);
    if (text === '' || !this.#screen.paste(text)) return;
    this.#passed = text;
    this.#say(this.#words().clipSent);
  }

  #say(text) {
    const said = document.getElementById('clip-said');
    if (said && said.textContent !== text) said.textContent = text;
  }
}
