import { afterEach, beforeEach, expect, test } from 'vitest';
import { language } from './i18n.svelte';
import { parts, sentences, type Reason } from './reasons';
import en from '../messages/en.json';
import zh from '../messages/zh.json';

const speak = (spoken: 'en' | 'zh') => {
  language.current = spoken;
  language.messages = { en, zh }[spoken];
};
beforeEach(() => speak('zh'));
afterEach(() => speak('en'));

const saying = { names: { li: '李娜' }, now: Date.parse('2026-11-28T03:00:00Z'), zone: 'Asia/Shanghai' };
const because = (code: string, values: Reason['values'] = {}): Reason => ({ code, values });

test('a reason is said in the language of the reader, with names and the clock of the place', () => {
  const reasons = [because('silenced_until', { person: 'li', until: '2026-11-28T04:30:00.000Z', note: '电池已订' })];
  expect(sentences(reasons, saying)).toBe('李娜已将其静音至12:30：电池已订');
  speak('en');
  expect(sentences(reasons, saying)).toBe('李娜 has silenced it until 12:30: 电池已订');
});

test('several are sentences one after the other; who is asked, with why it is these', () => {
  const why = [because('centre_stands_in')];
  const asked = because('asked_now', { parties: [{ name: 'person:li', why: [] }, { name: 'station', why }] });
  expect(sentences([because('told', { sources: ['bed-1', 'bed-2'] }), asked], saying)).toBe(
    '由 bed-1、bed-2 报告。现在询问：李娜、服务站（由中心代替）。',
  );
});

test('beside other words they are parts of a sentence', () => {
  expect(parts([because('no_service', { channel: 'sms' }), because('push_ended')], saying)).toBe(
    '没有设置此服务：短信；浏览器已取消接收通知',
  );
});

test('where there are no words for one of them, nothing is said: the sentence of the server is shown', () => {
  expect(sentences([because('silenced', { person: 'li' }), because('new_here')], saying)).toBeNull();
  expect(sentences([because('asked_now', { parties: [{ name: 'station', why: [because('new_here')] }] })], saying)).toBeNull();
  expect(sentences(null, saying)).toBeNull();
});
