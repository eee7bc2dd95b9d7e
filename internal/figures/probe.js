// Put into the technician's page before its own scripts: measures, inside the page, when a picture can be read from the canvas
// that people see. noVNC draws into a canvas of its own and copies what has changed into the visible one with drawImage; after
// each such copy the pixels are read back, which makes Chromium really draw them. All times are milliseconds since 1970.
(() => {
  const now = () => performance.timeOrigin + performance.now();
  const draw = CanvasRenderingContext2D.prototype.drawImage;
  const context = () => document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const sample = context(); // of the whole picture
  const shown = context(); // what the picture was before
  let awaited = null; // { kind, done }
  let key = null; // when the key went down
  let typing = false;
  let changed = null; // called when the key's change is there
  let marks = {}; // of the way to a picture
  const mark = name => (marks[name] ??= now());

  // whole tells whether every one of 640 places of the picture has been drawn.
  function whole(canvas) {
    const [w, h] = [32, 20];
    sample.imageSmoothingEnabled = false;
    sample.clearRect(0, 0, w, h);
    draw.call(sample, canvas, 0, 0, canvas.width, canvas.height, 0, 0, w, h);
    const { data } = sample.getImageData(0, 0, w, h);
    for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
    return true;
  }

  // differs copies what has been drawn and tells whether it was another picture before.
  function differs(canvas, x, y, w, h) {
    const before = shown.getImageData(x, y, w, h).data;
    draw.call(shown, canvas, x, y, w, h, x, y, w, h);
    const after = shown.getImageData(x, y, w, h).data;
    for (let i = 0; i < after.length; i++) if (before[i] !== after[i]) return true;
    return false;
  }

  CanvasRenderingContext2D.prototype.drawImage = function (...args) {
    draw.apply(this, args);
    const { canvas } = this;
    if (args.length !== 9 || !canvas.isConnected || !canvas.closest('.screen-live')) return;
    if (awaited?.kind === 'picture') {
      mark('drawn');
      if (!marks.whole && whole(canvas)) mark('whole');
      observe();
    }
    if (typing && differs(canvas, ...args.slice(5)) && key !== null) {
      const took = performance.now() - key;
      key = null;
      changed?.(took);
    }
  };

  function settle() {
    const { done } = awaited;
    awaited = null;
    mark('done');
    done(marks);
  }

  addEventListener('keydown', event => (key = event.timeStamp), true);

  const observe = () => {
    if (document.getElementById('viewer-words')?.dataset.watch === 'on' && awaited?.kind === 'picture') mark('told');
    if (awaited?.kind === 'picture' && marks.whole && document.getElementById('screen')?.dataset.look === 'live') settle();
    if (awaited?.kind === 'trouble' && document.querySelector('.screen-note[data-kind=trouble] p')?.checkVisibility()) settle();
  };
  new MutationObserver(observe).observe(document, { subtree: true, childList: true, attributes: true });

  const Socket = WebSocket;
  globalThis.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', () => awaited?.kind === 'picture' && mark('heard'), { once: true });
    }
  };

  let result;
  globalThis.figures = {
    now,
    // expect starts to wait for a first picture ("picture") or for the page to tell of trouble ("trouble").
    expect(kind) {
      marks = {};
      result = new Promise(done => (awaited = { kind, done }));
      return true;
    },
    came: () => result,
    // type makes the page ready for keys.
    type(canvas) {
      [shown.canvas.width, shown.canvas.height] = [canvas.width, canvas.height];
      draw.call(shown, canvas, 0, 0);
      canvas.focus();
      typing = true;
      return true;
    },
    rest() {
      typing = false;
      return true;
    },
    expectKey() {
      key = null;
      result = new Promise(done => (changed = done));
      return true;
    },
  };
})();
