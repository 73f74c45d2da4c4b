import { expect, test } from 'vitest';
import { addressOf, notificationOf } from './told';

test('a notification says what was sent, stays while it is high, and takes the place of the last', () => {
  const { title, options } = notificationOf({ title: 'EMERGENCY: Rosa', body: 'Rosa: smoke', alert: 'a1', priority: 'high' });
  expect(title).toBe('EMERGENCY: Rosa');
  expect(options).toMatchObject({ body: 'Rosa: smoke', tag: 'a1', renotify: true, requireInteraction: true, data: 'a1' });
  expect(notificationOf({ title: 'x', alert: 'a1', priority: 'low' }).options.requireInteraction).toBe(false);
});

test('a tap leads to the alert, and nowhere else', () => {
  expect(addressOf('a1')).toBe('#/alert/a1');
  expect(addressOf('https://elsewhere')).toBe('#/alert/https%3A%2F%2Felsewhere');
  expect(addressOf(null)).toBe('#/now');
});
