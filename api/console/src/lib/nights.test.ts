import { expect, test } from 'vitest';
import { ownRange, placeIn, stretches, toldOf, type Night } from './nights';

const NIGHT = { from: 100, to: 200 };
const night = (p10: number, p90: number) => ({ heart_rate: { p10, p90 } }) as Night;

test('what is usual is the middle of the nights, and one odd night does not move it', () => {
  const nights = [night(50, 60), night(52, 62), night(54, 64), night(50, 62), night(20, 200)];
  expect(ownRange(nights, 'heart_rate')).toEqual({ low: 50, high: 62 });
});

test('a few nights are not usual yet', () => {
  expect(ownRange([night(50, 60), { heart_rate: null } as Night], 'heart_rate')).toBeNull();
});

test('a point holds until the next one, within the night', () => {
  const points: [number, number][] = [[90, 1], [120, 0], [130, 1], [190, 1], [250, 0]];
  expect(stretches(points, NIGHT, 100)).toEqual([{ from: 100, to: 120 }, { from: 130, to: 200 }]);
});

test('where nothing was told, nothing is known', () => {
  expect(stretches([[100, 1], [180, 1], [185, 0]], NIGHT, 10)).toEqual([{ from: 100, to: 110 }, { from: 180, to: 185 }]);
});

test('out of bed is known, and is not the same as unknown', () => {
  expect(toldOf([[100, 1], [110, 0], [120, 0]], NIGHT, 50)).toEqual({ inBed: [{ from: 100, to: 110 }], known: [{ from: 100, to: 120 }] });
});

test('a span has its place in the night', () => {
  expect(placeIn({ from: 125, to: 150 }, NIGHT)).toEqual({ left: 25, width: 25 });
});
