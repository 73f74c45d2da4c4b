import { expect, test } from 'vitest';
import type { Schema } from './api';
import { fallsOf, motionOf } from './fall';

const wave = (t: number, z: (number | null)[]): Schema['Waveform'] => ({
  t, rate: 10, signal: 'acceleration', unit: 'g', placement: 'waist',
  x: z.map(() => 0), y: z.map(() => 0), z,
});
const still = (n: number) => Array.from({ length: n }, () => 1);

test('the impact is where it was strongest, and lying begins when nothing moves any more', () => {
  const { impactAt, stillFrom } = motionOf([wave(1000, [1, 1, 0.2, 3.5, 1.6, 0.4, 1, 1, 1, 1]), wave(2000, still(20))]);
  expect(impactAt).toBe(1300);
  expect(stillFrom).toBe(1600);
});

test('who goes on moving does not lie, and what was not measured is a gap', () => {
  const moving = Array.from({ length: 30 }, (_, n) => 1 + (n % 5 === 0 ? 0.4 : 0));
  const { strength, stillFrom } = motionOf([wave(0, [1, null, 3]), wave(5000, moving)]);
  expect(stillFrom).toBeNull();
  expect(strength.slice(0, 4)).toEqual([1, null, 3, null]);
});

test('without a signal there is nothing', () => {
  expect(motionOf([])).toEqual({ times: [], strength: [], impactAt: null, stillFrom: null });
});

test('two falls are two pictures, whatever order they are told in', () => {
  const falls = fallsOf([wave(3_600_000, still(5)), wave(1000, still(5)), wave(0, still(5))]);
  expect(falls.map((fall) => fall.map(({ t }) => t))).toEqual([[0, 1000], [3_600_000]]);
});
