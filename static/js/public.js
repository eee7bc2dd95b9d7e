// The script of the pages before the sign-in and of those for customers.
import { startPage } from './page.js';

startPage();
