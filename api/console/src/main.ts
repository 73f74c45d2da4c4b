/** Begins the console: the language and the session first, so that nothing is drawn twice. */
import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/base.css';
import './styles/begin.css';
import App from './App.svelte';
import { appearance } from './lib/appearance.svelte';
import { language } from './lib/i18n.svelte';
import { session } from './lib/session.svelte';
import { worker } from './lib/worker.svelte';

appearance.apply();
await Promise.all([language.load(), session.load()]);
void worker.start();
document.getElementById('begin')?.remove();
mount(App, { target: document.body });
performance.mark('console'); // as `carewatch bench console` asks: here is what one came for
