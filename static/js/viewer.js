// The script of a session's page that shows the customer's screen. It reads what the page says in #viewer-words, which every
// live update brings anew, and writes only into what is marked data-kept.
import { now, setServerTime } from './clocks.js';
import { Choices } from './viewer/choices.js';
import { Clipboard } from './viewer/clipboard.js';
import { Notes } from './viewer/notes.js';
import { Screen } from './viewer/screen.js';
import { Tools } from './viewer/tools.js';

function start() {
  const first = document.getElementById('viewer-words') ?? document.getElementById('state');
  const choices = new Choices(first?.dataset.session ?? location.pathname);
  const screen = new Screen(choices, {
    changed: show,
    clipboard: text => clipboard.arrived(text),
    focus() {
      clipboard.offer();
      show();
    },
    left() {
      document.getElementById('tools-button')?.focus();
      say(words().left);
    },
    now,
  });
  const clipboard = new Clipboard(screen, choices, words);
  const notes = new Notes(screen, words);
  const tools = new Tools(screen, choices, words, say);

  function show() {
    notes.show();
    tools.show();
    clipboard.show();
  }

  function follow() {
    const place = document.getElementById('screen');
    const said = words();
    if (!place || !said.watch) {
      screen.follow({ watch: 'off' });
      return;
    }
    screen.attach(place, notes.element);
    screen.follow({
      watch: said.watch, mayType: said.hand === 'mine' || said.hand === 'wanted', path: said.path, label: said.screen, lastLabel: said.lastLabel,
    });
    show();
  }

  document.addEventListener('rejoin:changed', follow);
  follow();
}

function words() {
  return document.getElementById('viewer-words')?.dataset ?? {};
}

function say(text) {
  const said = document.getElementById('said');
  if (said) said.textContent = text;
}

setServerTime(Number(document.documentElement.dataset.now));
document.getElementById('stream')?.addEventListener('beat', event => setServerTime(Number(event.detail.data)));
start();
