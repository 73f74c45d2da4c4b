import { expect, test } from 'vitest';
import type { Schema } from './api';
import { restsOf } from './bed';

const at = (event: string, minute: number) =>
  ({ event, at: new Date(minute * 60_000).toISOString() }) as Schema['Happening'];

test('in bed is between entry and exit, in whatever order they were told', () => {
  const events = [at('bed_exit', 50), at('bed_entry', 40), at('bed_exit', 20), at('motion', 22), at('bed_entry', 60)];
  expect(restsOf(events, 0, 70 * 60_000)).toEqual([
    { from: 0, to: 20 * 60_000 },
    { from: 40 * 60_000, to: 50 * 60_000 },
    { from: 60 * 60_000, to: 70 * 60_000 },
  ]);
});

test('a bed that told nothing tells nothing', () => {
  expect(restsOf([at('motion', 1)], 0, 60_000)).toEqual([]);
});
