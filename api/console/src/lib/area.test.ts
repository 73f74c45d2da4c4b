import { expect, test } from 'vitest';
import type { Alert } from './api';
import { countsOf, homesOf, silentIn } from './area';
import type { Condition, Glance } from './condition';

const glance = (name: string, home: string, condition: Condition) => ({ resident: name, name, home, condition, alerts: [] }) as unknown as Glance;

test('a home is as the one who needs a look first', () => {
  const homes = homesOf([glance('Ann', 'one', 'well'), glance('Bob', 'two', 'out'), glance('Cy', 'one', 'lost')]);
  expect(homes.map(({ id, people, condition }) => [id, condition, ...people.map(({ name }) => name)])).toEqual([
    ['one', 'lost', 'Cy', 'Ann'],
    ['two', 'out', 'Bob'],
  ]);
});

test('each home is counted once', () => {
  const homes = homesOf([glance('Ann', 'one', 'well'), glance('Cy', 'one', 'lost')]);
  expect(countsOf(homes)).toEqual({ alarmed: 0, lost: 1, passed: 0, unheard: 0, absent: 0, out: 0, well: 0 });
});

test('devices that are not heard are those of the chosen teams', () => {
  const alert = (id: string, kind: string, team: string | null) => ({ id, kind, team }) as unknown as Alert;
  const open = [alert('1', 'device_silent', 'a'), alert('2', 'device_silent', 'b'), alert('3', 'sos', 'a'), alert('4', 'device_silent', null)];
  expect(silentIn(open, new Set(['a'])).map(({ id }) => id)).toEqual(['1']);
  expect(silentIn(open, null)).toHaveLength(3);
});
