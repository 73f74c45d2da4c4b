import { beforeEach, expect, test } from 'vitest';
import type { Alert, Me, Resident } from './api';
import { forget, keep, MOST, recall } from './kept';

const NOW = Date.UTC(2026, 10, 28, 3, 0);
const me = { username: 'li', expires_at: '2026-11-28T04:00:00Z', residents: [] as string[] } as Me;
const alert = { id: 'a', resident: 'rosa', evidence: { value: 142 }, note: 'fever' } as unknown as Alert;
const contacts = [{ name: 'Mei', phones: ['01632 960001'], holds_key: true, note: 'works nights' }];
const rosa = { id: 'rosa', name: 'Rosa', address: 'Mill Lane 1', medication: 'warfarin', risks: 'falls', phone: '01632 963001', contacts } as unknown as Resident;

let items: Map<string, string>;
const storage = {
  getItem: (name: string) => items.get(name) ?? null,
  setItem: (name: string, value: string) => void items.set(name, value),
  removeItem: (name: string) => void items.delete(name),
} as unknown as Storage;

beforeEach(() => {
  items = new Map();
  keep(storage, { at: NOW, me, alerts: [alert], residents: [rosa, { ...rosa, id: 'carl' }] });
});

test('what was seen last is there again, without what was measured', () => {
  const seen = recall(storage, NOW)!;
  expect(seen.alerts.map((one) => one.id)).toEqual(['a']);
  expect(seen.residents.map((one) => [one.name, one.address])).toEqual([['Rosa', 'Mill Lane 1']]);
  expect(JSON.stringify([...items])).not.toMatch(/142|fever|warfarin|falls|01632/);
});

test('family have whom to call of their own residents, without what was noted', () => {
  keep(storage, { at: NOW, me: { ...me, residents: ['rosa'] }, alerts: [alert], residents: [rosa] });
  const [kept] = recall(storage, NOW)!.residents;
  expect(kept!.phone).toBe('01632 963001');
  expect(kept!.contacts).toEqual([{ ...contacts[0], note: null }]);
});

test('it is gone when the login is over, and after the log-out', () => {
  expect(recall(storage, Date.parse(me.expires_at))).toBeNull();
  expect(items.size).toBe(0);
  keep(storage, { at: NOW, me, alerts: [], residents: [] });
  forget(storage);
  expect(recall(storage, NOW)).toBeNull();
});

test('of thousands the first are kept', () => {
  keep(storage, { at: NOW, me, alerts: Array.from({ length: 5000 }, () => alert), residents: [] });
  expect(recall(storage, NOW)!.alerts).toHaveLength(MOST);
});
