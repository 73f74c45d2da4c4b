import { beforeAll, expect, test } from 'vitest';
import type { Alert } from './api';
import { happened, lateness, TOLD } from './happened';
import { language } from './i18n.svelte';
import en from '../messages/en.json';
import zh from '../messages/zh.json';

const alert = (kind: string, evidence: Alert['evidence'] = {}) =>
  ({ kind, evidence, since: '2026-11-28T03:00:00Z', raised_at: '2026-11-28T03:12:00Z' }) as Alert;
const speak = (spoken: 'en' | 'zh') => {
  language.current = spoken;
  language.messages = { en, zh }[spoken];
};
beforeAll(() => speak('en'));

const heart = { quantity: 'heart_rate', value: 142, unit: '1/min', limit: 96, dwell_s: 120, limit_is: 'learned' };

test.each<[string, Alert['evidence'], string]>([
  ['heart_rate_high', { ...heart, own_range: [48, 96] }, "Heart rate 142 a minute, above this person's own range of 48 to 96, for 2 minutes."],
  ['heart_rate_high', heart, "Heart rate 142 a minute, above this person's own limit of 96, for 2 minutes."],
  ['heart_rate_low', { ...heart, value: 33, limit: 35, dwell_s: 15, limit_is: 'given' }, 'Heart rate 33 a minute, below the limit of 35, for 15 seconds.'],
  ['body_temperature', { quantity: 'body_temperature', value: 38.4, unit: '°C', limit: 37.8, limit_is: 'given' }, 'Body temperature 38.4 °C, above the limit of 37.8.'],
  ['breathing_stopped', { dwell_s: 20 }, 'In bed, and no breath was seen for 20 seconds.'],
  ['sos', { event: 'button_pressed', place: 'bathroom' }, 'The emergency button was pressed: bathroom.'],
  ['fall', { peak_g: 3.71, posture_change_deg: 90, stillness_s: 5.1 }, 'A hard impact of 3.7 g, the body turned by 90°, then still for 5 seconds.'],
  ['fall', { event: 'fall', no_sign_of_life_s: 60 }, 'Perhaps a fall, and then no sign of life for 1 minute.'],
  ['not_up', { in_bed_h: 11, usually_up_by: '07:00' }, 'In bed for 11 hours; usually up by 07:00.'],
  ['weight_change', { change: -2.5, within_days: 30, value: 61 }, '2.5 kg lighter within 30 days, now 61 kg.'],
  ['clock_skew', { offset_s: -7200 }, 'The clock of the device is 2 hours behind.'],
])('%s is told in a sentence', (kind, evidence, sentence) => {
  expect(happened(alert(kind, evidence))).toBe(sentence);
});

test('the same in Chinese', () => {
  speak('zh');
  expect(happened(alert('heart_rate_high', { ...heart, own_range: [48, 96] }))).toBe('心率142次/分，高于此人平时的范围48至96，持续2分钟。');
  speak('en');
});

test('every kind has a sentence without a hole, whatever its evidence lacks', () => {
  const kinds = Object.keys(en).filter((name) => name.startsWith('kind.')).map((name) => name.slice(5));
  expect(kinds.filter((kind) => !TOLD.includes(kind))).toEqual([]);
  for (const kind of kinds) expect(happened(alert(kind))).not.toMatch(/[{}]|NaN|undefined/);
});

test('what was told late says by how much', () => {
  expect(lateness(alert('sos', { late: true }))).toBe('It happened 12 minutes before it was told.');
  expect(lateness(alert('sos'))).toBe('');
});

test('when a device was last heard is told by the clock of the resident', () => {
  const silent = alert('device_silent', { last_heard: '2020-11-28T02:30:00Z' });
  expect(happened(silent, 'Asia/Shanghai')).toContain('10:30');
  expect(happened(silent, 'Europe/London')).toContain('02:30');
});
