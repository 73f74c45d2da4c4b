import { expect, test } from 'vitest';
import { HIGH, LOST } from './tones';

test('the burst for high has ten pulses, as IEC 60601-1-8 has it', () => {
  const { pulses, everyMs } = HIGH;
  expect(pulses).toHaveLength(10);
  const pauses = pulses.slice(1).map((pulse, n) => pulse.at - (pulses[n]!.at + pulses[n]!.length));
  for (const n of [0, 1, 3, 5, 6, 8]) expect(pauses[n]).toBeCloseTo(0.1);
  for (const n of [2, 7]) expect(pauses[n]).toBeCloseTo(0.35);
  expect(pauses[4]).toBeGreaterThan(0.35);
  const last = pulses.at(-1)!;
  const rest = everyMs / 1000 - last.at - last.length;
  expect(rest).toBeGreaterThanOrEqual(2.5);
  expect(rest).toBeLessThanOrEqual(15);
});

test('a lost line sounds lower, and less often', () => {
  expect(Math.max(...LOST.pulses.map((pulse) => pulse.hertz))).toBeLessThan(HIGH.pulses[0]!.hertz);
  expect(LOST.everyMs).toBeGreaterThan(HIGH.everyMs);
});
