/** Nights as they are drawn: when somebody was in bed, and what is usual for them. Pure. */
import type { Schema } from './api';
import type { Span } from './span';

export type Night = Schema['Night'];
export type Rate = 'heart_rate' | 'respiration_rate';
export interface Range {
  low: number;
  high: number;
}

/** As many nights, at least, make something usual. */
const ENOUGH = 5;

/** The middle of somebody's own nights: the medians of p10 and of p90; null before there are enough. */
export function ownRange(nights: Night[], rate: Rate): Range | null {
  const told = nights.map((night) => night[rate]).filter((spread) => spread !== null);
  if (told.length < ENOUGH) return null;
  return { low: median(told.map((spread) => spread.p10)), high: median(told.map((spread) => spread.p90)) };
}

/** When somebody was in bed, and when anything was told at all: spans within a night, in order. */
export interface Told {
  inBed: Span[];
  known: Span[];
}

export function toldOf(points: [number, number][], night: Span, gap: number): Told {
  return { inBed: stretches(points, night, gap), known: stretches(points, night, gap, -1) };
}

/**
 * When it was so, out of points of 0 and 1 (or means between): spans within `night`, in order.
 * A point holds until the next one; where that is further away than `gap`, nothing is known.
 */
export function stretches(points: [number, number][], night: Span, gap: number, least = 0.5): Span[] {
  const found: Span[] = [];
  points.forEach(([at, value], index) => {
    const until = Math.min(points[index + 1]?.[0] ?? at, at + gap);
    const from = Math.max(at, night.from);
    const to = Math.min(until, night.to);
    if (value < least || from >= to) return;
    const last = found.at(-1);
    if (last && from <= last.to) last.to = to;
    else found.push({ from, to });
  });
  return found;
}

/** Where a span lies in another, in parts of 100. */
export function placeIn(span: Span, whole: Span): { left: number; width: number } {
  const length = whole.to - whole.from;
  return { left: (100 * (span.from - whole.from)) / length, width: (100 * (span.to - span.from)) / length };
}

export function spanOf(night: Night): Span {
  return { from: Date.parse(night.begins_at), to: Date.parse(night.ends_at) };
}

function median(values: number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? 0;
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}
