/** Whether somebody breathes again of whom no breath was seen: out of what was measured since. Pure. */

/** As the detector: what lasts for less is no breathing yet. */
const CALM_MS = 20_000;
/** What was measured before says nothing about now. */
const FRESH_MS = 2 * 60_000;

export interface Breath {
  since: number;
  /** Breaths a minute, the latest. */
  rate: number;
}

/** `points` are times and rates in order; null where the stop is not among them, or it is not over. */
export function breathingAgain(points: [number, number][], limit: number, now: number): Breath | null {
  const stopped = points.findLastIndex(([, rate]) => rate < limit);
  const first = points[stopped + 1];
  const latest = points.at(-1);
  if (stopped < 0 || !first || !latest) return null;
  if (latest[0] - first[0] < CALM_MS || latest[0] < now - FRESH_MS) return null;
  return { since: first[0], rate: latest[1] };
}
