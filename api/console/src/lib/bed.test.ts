import { expect, test } from 'vitest';
import type { Schema } from './api';
import { bedOf } from './bed';

const MINUTE = 60_000;
const WHOLE = { from: 0, to: 720 * MINUTE };
const at = (event: string, minute: number) =>
  ({ event, at: new Date(minute * MINUTE).toISOString() }) as Schema['Happening'];
const span = (from: number, to: number) => ({ from: from * MINUTE, to: to * MINUTE });

test('what was not told is not claimed: nothing is known before the first word and after the last', () => {
  const points: [number, number][] = [[718 * MINUTE, 1], [719 * MINUTE, 0], [720 * MINUTE, 0]];
  expect(bedOf(points, [at('bed_exit', 719)], WHOLE)).toEqual({ inBed: [span(718, 719)], known: [span(718, 720)] });
  expect(bedOf([], [at('bed_exit', 719)], WHOLE)).toEqual({ inBed: [], known: [] });
});

test('a bed that fell silent tells nothing more, whatever it said last', () => {
  expect(bedOf([[0, 1], [10 * MINUTE, 1]], [], WHOLE).inBed).toEqual([span(0, 5)]);
});

test('without samples in bed is between entry and exit, in whatever order they were told', () => {
  const events = [at('bed_exit', 50), at('bed_entry', 40), at('bed_exit', 20), at('motion', 22), at('bed_entry', 60)];
  expect(bedOf([], events, WHOLE)).toEqual({ inBed: [span(40, 50)], known: [span(20, 60)] });
});
