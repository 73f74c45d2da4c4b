import { expect, test } from 'vitest';
import { countsOf, homesOf } from './area';
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
  expect(countsOf(homes)).toEqual({ alarmed: 0, lost: 1, unheard: 0, absent: 0, out: 0, well: 0 });
});
