import { afterEach, expect, test, vi } from 'vitest';
import type { Resident } from './api';
import { residents } from './residents.svelte';

const calls: string[] = [];

function answering(byPath: (path: string) => unknown): void {
  vi.stubGlobal('fetch', async (path: string) => {
    calls.push(path);
    return new Response(JSON.stringify(byPath(path)), { headers: { 'content-type': 'application/json' } });
  });
}

afterEach(() => {
  residents.forget();
  calls.length = 0;
  vi.unstubAllGlobals();
});

test('a stranger is asked for alone, and once', async () => {
  answering(() => ({ id: 'rosa', name: 'Rosa' }));
  await residents.meet(['rosa', null, 'rosa']);
  await residents.meet(['rosa']);
  expect(calls).toEqual(['/api/v1/residents/rosa']);
  expect(residents.byId.get('rosa')?.name).toBe('Rosa');
});

test('many strangers are looked for in the list', async () => {
  const many = Array.from({ length: 50 }, (_, number) => ({ id: `r-${number}`, name: `R ${number}` }));
  answering(() => ({ items: many, next: null }));
  await residents.meet(many.map((each) => each.id));
  expect(calls).toHaveLength(1);
  expect(residents.byId.size).toBe(50);
});

test('somebody new is known while the list is still on its way', async () => {
  const never = new Promise<Response>(() => {});
  vi.stubGlobal('fetch', (path: string) =>
    path.includes('/residents/') ? Promise.resolve(new Response('{"id":"rosa","name":"Rosa"}')) : never,
  );
  void residents.meet(Array.from({ length: 50 }, (_, number) => `r-${number}`));
  await residents.meet(['rosa']);
  expect(residents.byId.get('rosa')?.name).toBe('Rosa');
});

test('a file that is opened is asked for again, and what is known stays until the answer', async () => {
  residents.recall([{ id: 'rosa', name: 'Rosa' } as Resident]);
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')));
  await residents.refresh('rosa');
  expect(residents.byId.get('rosa')?.name).toBe('Rosa');
  answering(() => ({ id: 'rosa', name: 'Rosa Chen' }));
  await residents.refresh('rosa');
  expect(residents.byId.get('rosa')?.name).toBe('Rosa Chen');
});
