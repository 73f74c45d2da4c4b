import { expect, test } from 'vitest';
import { rangeOf, stepsOf, widthOf } from './scale';

test('what never changes is not drawn from nothing to its double', () => {
  expect(rangeOf(96, 96, 0)).toEqual([94, 98]);
  expect(rangeOf(50, 90, 0)).toEqual([46, 94]);
  expect(rangeOf(0.5, 12, 0)[0]).toBe(0);
  expect(rangeOf(null, null, 0)).toEqual([0, 1]);
});

test('steps are those that people count in, and no finer than what is told', () => {
  expect(stepsOf(0).slice(0, 5)).toEqual([1, 2, 5, 10, 20]);
  expect(stepsOf(1).slice(0, 4)).toEqual([0.1, 0.2, 0.5, 1]);
});

test('there is room for a whole label', () => {
  expect(widthOf(['95', '100'])).toBe(44);
  expect(widthOf(['95.75'])).toBe(58);
});
