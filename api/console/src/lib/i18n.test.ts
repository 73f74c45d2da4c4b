import { expect, test, vi } from 'vitest';
import { api, type Problem } from './api';
import { language, sentence } from './i18n.svelte';
import en from '../messages/en.json';
import zh from '../messages/zh.json';

test('without an answer what was to be done was not done, and what was only looked at is not spoken of so', async () => {
  language.messages = en;
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')));
  const said = (call: Promise<unknown>) => call.then(() => '', sentence);
  expect(await said(api.get('/me'))).toBe(en['problem.unreachable']);
  expect(await said(api.delete('/session'))).toBe(en['problem.not_done']);
  vi.unstubAllGlobals();
});

test('a refusal is said in the words of its reader; without words, what the server says stands beside the status', async () => {
  language.current = 'zh';
  language.messages = zh;
  const refuse = (status: number, said: object) =>
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(said), { status })));
  const failed = () => api.post('/teams').catch((error: Problem) => error);

  refuse(409, { detail: 'A silence.', reasons: [{ code: 'never_silenced', values: { kind: ['smoke', 'gas'] } }, { code: 'team_not_yours', values: {} }] });
  expect(sentence(await failed())).toBe('以下警报不能静音：烟雾、燃气泄漏。请选择自己辖区内的团队。');
  refuse(409, { detail: 'It is new.', reasons: [{ code: 'alert_over', values: {} }, { code: 'new_here', values: {} }] });
  expect(sentence(await failed())).toBe('已有他人处理，或此操作已不可行。（It is new.）');

  const password = { field: 'password', detail: 'Write more.', reasons: [{ code: 'field_short', values: { least: 8 } }] };
  refuse(422, { detail: 'Please correct', errors: [password], reasons: [{ code: 'fields_wrong', values: { field: ['password'] } }] });
  const wrong = (await failed()) as Problem;
  expect(sentence(wrong)).toBe('请更正：密码。');
  expect(sentence(wrong.fields.password)).toBe('至少8个字符。');
  language.current = 'en';
  vi.unstubAllGlobals();
});
