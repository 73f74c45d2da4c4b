import { expect, test } from 'vitest';
import type { Alert } from './api';
import { deedsOf } from './deeds';

const alert = (state: Alert['state'], accepted_by: string | null, helpers: string[] = []) =>
  ({ state, accepted_by, helpers }) as Alert;

test('an open alert is taken or declined', () => {
  expect(deedsOf(alert('open', null), 'me')).toEqual(['accept', 'reject']);
});

test('my own goes on from where it is, and can be given back until it is over', () => {
  expect(deedsOf(alert('accepted', 'me'), 'me')).toEqual(['on-the-way', 'arrive', 'resolve', 'withdraw']);
  expect(deedsOf(alert('responding', 'me'), 'me')[0]).toBe('arrive');
  expect(deedsOf(alert('on_site', 'me'), 'me')).toEqual(['resolve', 'withdraw']);
  expect(deedsOf(alert('resolved', 'me'), 'me')).toEqual([]);
});

test("with another's I can help, and stop helping", () => {
  expect(deedsOf(alert('accepted', 'wang'), 'me')).toEqual(['join']);
  expect(deedsOf(alert('accepted', 'wang', ['me']), 'me')).toEqual(['leave']);
});
