import { expect, test, vi } from 'vitest';
import { api } from './api';
import { language, sentence } from './i18n.svelte';
import en from '../messages/en.json';

test('without an answer what was to be done was not done, and what was only looked at is not spoken of so', async () => {
  language.messages = en;
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')));
  const said = (call: Promise<unknown>) => call.then(() => '', sentence);
  expect(await said(api.get('/me'))).toBe(en['problem.unreachable']);
  expect(await said(api.delete('/session'))).toBe(en['problem.not_done']);
  vi.unstubAllGlobals();
});
