import { expect, test } from 'vitest';
import { copied, dayBefore, emptyHours, following, freeLayer, overnight, shiftsOf, type Shift } from './rotas';

const early: Shift = { day: 'monday', starts: '08:00', ends: '20:00', people: ['mei'] };
const late: Shift = { day: 'monday', starts: '20:00', ends: '08:00', people: ['rosa'] };
const feast: Shift = { day: 'holiday', starts: '00:00', ends: '00:00', people: ['centre'] };

test('the shifts of a day are in the order of the clock', () => {
  expect(shiftsOf([late, feast, early], 'monday')).toEqual([early, late]);
});

test('a new shift follows the last one, until the first begins', () => {
  expect(following([early], 'monday')).toEqual({ day: 'monday', starts: '20:00', ends: '08:00', people: ['mei'] });
  expect(following([], 'friday')).toEqual({ day: 'friday', starts: '08:00', ends: '20:00', people: [] });
});

test('a day is copied to others, in place of what is there', () => {
  const week = copied([early, late, feast], 'monday', ['tuesday', 'holiday']);
  expect(week).toHaveLength(6);
  expect(shiftsOf(week, 'tuesday').map((shift) => shift.people)).toEqual([['mei'], ['rosa']]);
  expect(shiftsOf(week, 'holiday').map((shift) => shift.people)).toEqual([['mei'], ['rosa']]);
  expect(shiftsOf(copied(week, 'friday', ['monday']), 'monday')).toEqual([]);
});

test('the day before is one of the same week', () => {
  expect(dayBefore('sunday')).toBe('saturday');
  expect(dayBefore('monday')).toBeUndefined();
  expect(dayBefore('holiday')).toBeUndefined();
});

test('a shift that ends when it begins, or before, ends on the next day', () => {
  expect([early, late, feast].map(overnight)).toEqual([false, true, true]);
});

test('a gap is told on each day that it is in, by the clock there', () => {
  const night = { from: '2026-11-28T20:00:00Z', until: '2026-11-29T08:00:00Z' }; // a Saturday in London
  expect([...emptyHours([night], 'Europe/London')]).toEqual([
    ['sunday', [{ starts: '00:00', ends: '08:00' }]],
    ['saturday', [{ starts: '20:00', ends: '24:00' }]],
  ]);
  expect([...emptyHours([night], 'Asia/Shanghai')]).toEqual([['sunday', [{ starts: '04:00', ends: '16:00' }]]]);
});

test('a day that is empty now and a week later is empty once', () => {
  const week = { from: '2026-11-28T19:20:30Z', until: '2026-12-05T19:20:30Z' };
  const days = emptyHours([week], 'UTC');
  expect(days.size).toBe(7);
  for (const hours of days.values()) expect(hours).toEqual([{ starts: '00:00', ends: '24:00' }]);
});

test('another rota of a team begins as its next layer', () => {
  const rota = { team: 'a', party: 'station', layer: 1 } as Parameters<typeof freeLayer>[0][number];
  expect(freeLayer([rota], 'a', 'station')).toBe(2);
  expect(freeLayer([rota], 'b', 'station')).toBe(1);
});
