// The script of the technicians' pages and of the demo PC: htmx with its extensions for streams and for the content
// security policy, and what they can't do.
import 'htmx.org/dist/htmx.esm.js';
import 'htmx.org/dist/ext/hx-csp.js';
import 'htmx.org/dist/ext/hx-sse.js';
import { startChat } from './chat.js';
import { startControls } from './controls.js';
import { startDemo } from './demo.js';
import { startDialogs } from './dialogs.js';
import { startFilter } from './filter.js';
import { startLive } from './live.js';
import { startNotify } from './notify.js';
import { startPage } from './page.js';

startPage();
startLive();
startDialogs();
startControls();
startChat();
startFilter();
startNotify();
startDemo();
