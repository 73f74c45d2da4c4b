import { expect, test } from 'vitest';
import { following, shiftsOf, spread, type Shift } from './rotas';

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

test('one day can be the pattern of all, but not of a holiday', () => {
  const week = spread([early, late, feast], 'monday');
  expect(week).toHaveLength(15);
  expect(shiftsOf(week, 'sunday').map((shift) => shift.people)).toEqual([['mei'], ['rosa']]);
  expect(shiftsOf(week, 'holiday')).toEqual([feast]);
});
