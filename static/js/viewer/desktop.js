// What the program on the PC says about its desktop, as JSON in the RFB desktop's name. The PC is not trusted: whatever is
// not of the right kind or too large counts as not said.
const longest = 16_384; // of the JSON, in characters
const mostMonitors = 16;

const nothing = Object.freeze({ monitors: [], monitor: '', secure: false, paused: false, covered: 0, input: false, busy: false, rtt: null });

// clean makes a name fit for one line: no control characters, none that turn the direction of the text.
export function clean(text, most) {
  // eslint-disable-next-line no-control-regex
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, ' ').trim();
  return [...plain].slice(0, most).join('');
}

const whole = (value, most) => (Number.isInteger(value) && value >= 0 && value <= most ? value : 0);

function monitorOf(raw) {
  if (raw === null || typeof raw !== 'object' || typeof raw.id !== 'string' || raw.id === '' || raw.id.length > 200) return null;
  return {
    id: raw.id,
    name: typeof raw.name === 'string' ? clean(raw.name.slice(0, 400), 60) : '',
    w: whole(raw.w, 32_767),
    h: whole(raw.h, 32_767),
    primary: raw.primary === true,
  };
}

// desktopOf reads the name; a name that is no such JSON says nothing.
export function desktopOf(name) {
  let raw = null;
  try {
    if (typeof name === 'string' && name.length <= longest) raw = JSON.parse(name);
  } catch {
    raw = null;
  }
  if (raw === null || typeof raw !== 'object' || raw.v !== 1) return nothing;
  const monitors = Array.isArray(raw.monitors) ? raw.monitors.slice(0, mostMonitors).map(monitorOf).filter(Boolean) : [];
  return {
    monitors: monitors.filter((m, i) => monitors.findIndex(other => other.id === m.id) === i),
    monitor: typeof raw.monitor === 'string' ? raw.monitor.slice(0, 200) : '',
    secure: raw.secure === true,
    paused: raw.paused === true,
    covered: whole(raw.covered, 9_999),
    input: raw.input === true,
    busy: raw.busy === true,
    rtt: whole(raw.rtt, 60_000) || null,
  };
}
