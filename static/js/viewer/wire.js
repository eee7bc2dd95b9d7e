// The socket that the picture comes by, as noVNC wants one (it takes whatever has a WebSocket's members), with an ear of its
// own: it knows when something was last heard, holds nothing back, and ends quietly.
export class Wire {
  onopen = null;
  onmessage = null;
  onerror = null;
  onclose = null;
  heard = performance.now();
  late = 0; // the longest silence of the last few seconds, in milliseconds
  #socket;
  #hooks;
  #begun = false;
  #over = false; // nothing comes any more
  #left = false; // and the reader has closed it

  // hooks: begin() is called when the first bytes are there, and connects a reader to this; ended(code, reason) once, when
  // the socket is gone or its reader could not make sense of it.
  constructor(url, hooks) {
    this.#hooks = hooks;
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.onmessage = event => this.#take(event);
    this.#socket.onclose = event => this.#end(event.code, event.reason);
  }

  get binaryType() {
    return 'arraybuffer';
  }

  set binaryType(_) {}

  get protocol() {
    return '';
  }

  // readyState is what the reader is to know: that the socket is gone it hears by being told to leave.
  get readyState() {
    return this.#left ? WebSocket.CLOSED : WebSocket.OPEN;
  }

  // expect counts the silence anew: what was waited for so far was somebody's answer.
  expect() {
    this.heard = performance.now();
  }

  send(data) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(data);
  }

  // close is the reader's: it waits for the event, which a connection that is dead would owe it for long.
  close() {
    this.#left = true;
    this.drop();
    queueMicrotask(() => this.onclose?.({ code: 1000, reason: '' }));
  }

  // drop ends the connection without a word to anybody.
  drop() {
    this.#over = true;
    const socket = this.#socket;
    socket.onmessage = socket.onclose = null;
    // A browser complains of a socket that is closed before it is open.
    if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
    else socket.close();
  }

  #take(event) {
    const now = performance.now();
    const gap = now - this.heard;
    this.late = Math.max(gap, this.late * 0.9);
    this.heard = now;
    if (!(event.data instanceof ArrayBuffer)) return;
    try {
      if (!this.#begun) {
        this.#begun = true;
        this.#hooks.begin();
      }
      this.onmessage?.(event);
    } catch (error) {
      console.warn('the viewer could not read what the PC sent', error);
      this.drop();
      this.#hooks.ended(4000, 'unreadable');
    }
  }

  #end(code, reason) {
    if (this.#over) return;
    this.#over = true;
    this.#hooks.ended(code, reason);
  }
}
