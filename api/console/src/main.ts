/** Begins the console: the language and the session first, so that nothing is drawn twice. */
import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/base.css';
import App from './App.svelte';
import { appearance } from './lib/appearance.svelte';
import { language } from './lib/i18n.svelte';
import { session } from './lib/session.svelte';
import { worker } from './lib/worker.svelte';

appearance.apply();
await Promise.all([language.load(), session.load()]);
void worker.start();
mount(App, { target: document.body });
