import { beforeEach, expect, test } from 'vitest';
import type { Alert } from './api';
import { KEPT_MS, look, lookedAt, unseen } from './ended';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const ended = (id: string, hours: number, priority = 'high') =>
  ({ id, priority, state: 'resolved', outcome: null, raised_at: '', resolved_at: new Date(NOW - hours * 3_600_000).toISOString() }) as Alert;

let storage: Storage;
beforeEach(() => {
  const kept = new Map<string, string>();
  storage = { getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, value: string) => void kept.set(name, value) } as Storage;
});

test('what ended alone is shown for twelve hours, the most urgent first', () => {
  const alerts = [ended('leak', 1, 'medium'), ended('smoke', 11), ended('old', 12)];
  expect(unseen(alerts, new Set(), NOW).map(({ id }) => id)).toEqual(['smoke', 'leak']);
});

test('it is looked at once, by each reader, and forgotten when it would not be shown any more', () => {
  look(storage, 'wang', 'smoke', NOW);
  expect(unseen([ended('smoke', 1)], lookedAt(storage, 'wang'), NOW)).toEqual([]);
  expect(unseen([ended('smoke', 1)], lookedAt(storage, 'li'), NOW)).toHaveLength(1);
  look(storage, 'wang', 'gas', NOW + KEPT_MS);
  expect([...lookedAt(storage, 'wang')]).toEqual(['gas']);
});
