// What the technician chose about the picture. It is kept for this session in this tab, so that a reload and a reboot leave
// it as it was.
const allowed = { scale: ['fit', 'full'], quality: ['auto', 'sharp', 'fast'], keyboard: ['remote', 'character'] };
const usual = { monitor: '', scale: 'fit', quality: 'auto', keyboard: 'remote', paused: false, sync: false };

export class Choices {
  #key;
  #values = { ...usual };

  constructor(session) {
    this.#key = `rejoin.viewer.${session}`;
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem(this.#key) ?? 'null');
    } catch {
      kept = null; // somebody else's, or storage is forbidden here
    }
    for (const [name, value] of Object.entries(kept ?? {})) this.#take(name, value);
  }

  get(name) {
    return this.#values[name];
  }

  set(name, value) {
    this.#take(name, value);
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(this.#values));
    } catch {
      // it holds until the page is left
    }
  }

  #take(name, value) {
    if (!Object.hasOwn(usual, name) || typeof value !== typeof usual[name]) return;
    if (allowed[name] && !allowed[name].includes(value)) return;
    this.#values[name] = value;
  }
}
