import { expect, test } from 'vitest';
import { breathingAgain } from './breathing';

const every = (rates: number[]): [number, number][] => rates.map((rate, index) => [index * 10_000, rate]);

test('who breathes again has done so for a while, and lately', () => {
  const points = every([14, 0, 0, 16, 17, 17]);
  expect(breathingAgain(points, 4, 60_000)).toEqual({ since: 30_000, rate: 17 });
  expect(breathingAgain(points, 4, 600_000)).toBeNull();
  expect(breathingAgain(points.slice(0, 5), 4, 60_000)).toBeNull();
});

test('it is not claimed while no breath is seen, nor where the stop was not seen', () => {
  expect(breathingAgain(every([14, 0, 0, 16, 17, 17, 0]), 4, 60_000)).toBeNull();
  expect(breathingAgain(every([14, 14, 14, 14]), 4, 30_000)).toBeNull();
  expect(breathingAgain([], 4, 0)).toBeNull();
});
