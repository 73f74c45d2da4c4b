/** When somebody was in bed, out of what the bed told, and when nothing was told: pure. */
import type { Schema } from './api';
import { toldOf, type Told } from './nights';
import type { Span } from './span';

type Happening = Schema['Happening'];

/** A bed speaks every few seconds; after so long without a word nothing is known. */
const GAP_MS = 5 * 60_000;

/** By its samples (points of 0 and 1); of a bed that sends none, between one event and the next. */
export function bedOf(points: [number, number][], events: Happening[], whole: Span): Told {
  return points.length ? toldOf(points, whole, GAP_MS) : toldOf(crossings(events), whole, Infinity);
}

function crossings(events: Happening[]): [number, number][] {
  return events
    .filter(({ event }) => event === 'bed_entry' || event === 'bed_exit')
    .map(({ event, at }): [number, number] => [Date.parse(at), event === 'bed_entry' ? 1 : 0])
    .sort(([one], [other]) => one - other);
}
