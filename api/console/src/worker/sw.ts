/**
 * The service worker: the console's own files without a network, and notifications.
 *
 * The files of one build are kept together under that build's name, so that a page never meets
 * the parts of another. A newer build is fetched beside it and waits until the reader agrees, or
 * until no page is open. Nothing of the API is kept here, and nothing is sent later: what needs
 * an answer needs a live one.
 */
/// <reference lib="webworker" />
import { addressOf, notificationOf, type Told } from './told';

declare const self: ServiceWorkerGlobalScope;
/** Filled in by the build: the name of this build, and the addresses of its files. */
declare const __BUILD__: { name: string; files: string[] };

const PREFIX = 'carewatch-';
const SHELL = PREFIX + __BUILD__.name;

self.addEventListener('install', (event) => event.waitUntil(fetchAll()));
self.addEventListener('activate', (event) => event.waitUntil(takeOver()));
self.addEventListener('message', ({ data }) => void (data === 'take over' && self.skipWaiting()));

self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== 'GET' || origin !== self.location.origin) return;
  if (pathname === '/' || pathname.startsWith('/console/')) event.respondWith(kept(event.request));
});

self.addEventListener('push', (event) => {
  const told: Told = event.data?.json() ?? {};
  const { title, options } = notificationOf(told);
  event.waitUntil(self.registration.showNotification(title, options));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(addressOf(event.notification.data)));
});

async function fetchAll(): Promise<void> {
  const shell = await caches.open(SHELL);
  await shell.addAll(__BUILD__.files.map((file) => new Request(file, { cache: 'reload' })));
}

async function takeOver(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== SHELL);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** From this build where it has it, else from the server. */
async function kept(request: Request): Promise<Response> {
  const shell = await caches.open(SHELL);
  return (await shell.match(request, { ignoreSearch: true })) ?? fetch(request);
}

/** In a page that is open already, else in a new one. */
async function open(hash: string): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const page = pages.find((one) => new URL(one.url).pathname === '/');
  if (!page) return void (await self.clients.openWindow(`/${hash}`));
  page.postMessage({ go: hash });
  await page.focus();
}
