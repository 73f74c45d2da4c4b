/** Spans of time to look at: from a year to a minute, nearer, earlier and later. Pure; ms. */

export interface Span {
  from: number;
  to: number;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

export const LENGTHS = {
  year: 365 * DAY,
  month: 30 * DAY,
  week: 7 * DAY,
  day: DAY,
  hour: 60 * MINUTE,
  minute: MINUTE,
} as const;
export type Length = keyof typeof LENGTHS;

export function upTo(now: number, length: Length): Span {
  return { from: now - LENGTHS[length], to: now };
}

/** Another length around the same middle; what ends now still ends now. */
export function resized(span: Span, length: Length, now: number): Span {
  if (now - span.to < MINUTE) return upTo(now, length);
  const middle = (span.from + span.to) / 2;
  return notBeyond({ from: middle - LENGTHS[length] / 2, to: middle + LENGTHS[length] / 2 }, now);
}

/** The span before (-1) or after (1). */
export function moved(span: Span, steps: number, now: number): Span {
  const by = (span.to - span.from) * steps;
  return notBeyond({ from: span.from + by, to: span.to + by }, now);
}

/** The length that a span has; undefined where it was chosen by hand. */
export function lengthOf(span: Span): Length | undefined {
  const names = Object.keys(LENGTHS) as Length[];
  return names.find((name) => Math.abs(LENGTHS[name] - (span.to - span.from)) < 1);
}

/** The future has no readings. */
function notBeyond(span: Span, now: number): Span {
  const beyond = Math.max(0, span.to - now);
  return { from: span.from - beyond, to: span.to - beyond };
}
