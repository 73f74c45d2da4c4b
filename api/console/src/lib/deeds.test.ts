import { expect, test } from 'vitest';
import type { Alert } from './api';
import type { Asked } from './asked.svelte';
import { deedsOf } from './deeds';

const alert = (state: Alert['state'], accepted_by: string | null, helpers: string[] = []) =>
  ({ state, accepted_by, helpers }) as Alert;
const asked = { handed_by: null } as Asked;

test('an open alert is taken; who is asked can decline', () => {
  expect(deedsOf(alert('open', null), 'me', asked)).toEqual(['accept', 'reject', 'resolve']);
  expect(deedsOf(alert('open', null), 'me')).toEqual(['accept', 'resolve']);
});

test('my own goes on from where it is, and can be given away until it is over', () => {
  expect(deedsOf(alert('accepted', 'me'), 'me')).toEqual(['on-the-way', 'arrive', 'resolve', 'hand-over', 'withdraw']);
  expect(deedsOf(alert('responding', 'me'), 'me')).toEqual(['arrive', 'resolve', 'on-the-way', 'hand-over', 'withdraw']);
  expect(deedsOf(alert('on_site', 'me'), 'me')).toEqual(['resolve', 'hand-over', 'withdraw']);
  expect(deedsOf(alert('resolved', 'me'), 'me')).toEqual([]);
});

test("with another's I can help, and stop helping", () => {
  expect(deedsOf(alert('accepted', 'wang'), 'me', asked)).toEqual(['join']);
  expect(deedsOf(alert('accepted', 'wang', ['me']), 'me')).toEqual(['leave']);
});

test('what is handed to me I take over, or not', () => {
  const handed = { ...asked, handed_by: 'wang' };
  expect(deedsOf(alert('responding', 'wang'), 'me', handed)).toEqual(['take-over', 'decline', 'join']);
});
