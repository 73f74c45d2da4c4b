import { expect, test } from 'vitest';
import { lengthOf, LENGTHS, moved, resized, upTo } from './span';

const NOW = 1_800_000_000_000;

test('what ends now goes on ending now', () => {
  expect(resized(upTo(NOW, 'year'), 'minute', NOW)).toEqual({ from: NOW - LENGTHS.minute, to: NOW });
});

test('another length keeps the middle', () => {
  const before = moved(upTo(NOW, 'day'), -2, NOW);
  const nearer = resized(before, 'hour', NOW);
  expect(nearer.from + nearer.to).toBe(before.from + before.to);
  expect(lengthOf(nearer)).toBe('hour');
});

test('nothing is looked for in the future', () => {
  expect(moved(upTo(NOW, 'week'), 1, NOW)).toEqual(upTo(NOW, 'week'));
  const yesterday = moved(upTo(NOW, 'day'), -1, NOW);
  expect(resized(yesterday, 'year', NOW).to).toBe(NOW);
});

test('a span chosen by hand has no name', () => {
  expect(lengthOf({ from: 0, to: 12_345 })).toBeUndefined();
});
