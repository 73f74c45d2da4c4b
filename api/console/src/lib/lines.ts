/** What the charts of a person are made of: which lines, where they break, and the own range. Pure. */
import type { Schema } from './api';
import type { paths } from './openapi';
import type { Range, Rate } from './nights';
import type { Span } from './span';

export type Quantity = paths['/api/v1/residents/{resident}/samples']['get']['parameters']['query']['quantity'];
/** What was told of one quantity. */
export type Told = Schema['Samples'];

export interface Line {
  /** Of the chart: a word of the family `quantity`. */
  name: string;
  quantities: Quantity[];
  digits: number;
  /** The quantity of nights whose own range is drawn behind it. */
  rate?: Rate;
  /** Told in parts of this: 100 for per cent. */
  parts?: number;
  /** Between which it can be; else as far as it goes. */
  limits?: [number, number];
  /** Shown where there is nothing, too. */
  always?: boolean;
}

export const LINES: Line[] = [
  { name: 'heart_rate', quantities: ['heart_rate'], digits: 0, rate: 'heart_rate', always: true },
  { name: 'respiration_rate', quantities: ['respiration_rate'], digits: 1, rate: 'respiration_rate', always: true },
  { name: 'in_bed', quantities: ['in_bed'], digits: 0, parts: 100, limits: [0, 100] },
  { name: 'movement', quantities: ['movement'], digits: 0, parts: 100 },
  { name: 'spo2', quantities: ['spo2'], digits: 0 },
  { name: 'blood_pressure', quantities: ['systolic', 'diastolic'], digits: 0 },
  { name: 'body_temperature', quantities: ['body_temperature'], digits: 1 },
  { name: 'weight', quantities: ['weight'], digits: 1 },
];

export interface Drawn {
  name: string;
  times: number[];
  /** `name` is a word of the family `series`. */
  series: { name: string; values: (number | null)[]; digits: number }[];
  band: { low: (number | null)[]; high: (number | null)[] } | null;
  limits: [number, number] | undefined;
  /** Where nothing was told, though it is told without a break otherwise. */
  untold: [number, number][];
  empty: boolean;
  always: boolean;
}

const STEP_MS = { raw: 0, minute: 60_000, hour: 3_600_000, day: 86_400_000 };
/** Of points that are as far apart as they should be, or of readings of a slow device. */
const LEAST_GAP_MS = 150_000;
const LESS_OFTEN = new Set(['blood_pressure', 'body_temperature', 'weight']);

/** The chart of a line: the whole span is in sight, and a line breaks where nothing was told. */
export function drawn(line: Line, told: Told[], span: Span, usual: Range | null): Drawn {
  const gap = LESS_OFTEN.has(line.name) ? Infinity : gapOf(told[0], span);
  const named = told.flatMap((one, index) => columns(line, one, index));
  const toldAt = [...new Set(named.flatMap(({ points }) => points.map(([at]) => at)))].sort((one, other) => one - other);
  const times = timesOf(toldAt, span, gap);
  const series = named.map(({ name, points }) => {
    const byTime = new Map(points);
    return { name, digits: line.digits, values: times.map((time) => scaled(byTime.get(time), line.parts)) };
  });
  return {
    name: line.name,
    times,
    series,
    band: usual && { low: times.map(() => usual.low), high: times.map(() => usual.high) },
    limits: line.limits,
    untold: gapsOf(toldAt, span, gap),
    empty: told.every((one) => !one.points.length),
    always: line.always ?? false,
  };
}

function scaled(value: number | undefined, parts = 1): number | null {
  return value === undefined ? null : value * parts;
}

interface Column {
  name: string;
  points: [number, number][];
}

/** Of readings each; of means the lowest and the highest reading besides, so that no peak is lost. */
function columns(line: Line, told: Told, index: number): Column[] {
  const points = told.points as [number, number][];
  const beside = (values: number[]): [number, number][] => points.map(([at], place) => [at, values[place] ?? NaN]);
  if (line.quantities.length > 1) return [{ name: line.quantities[index] ?? '', points }];
  if (told.level === 'raw' || !told.low || !told.high) return [{ name: 'value', points }];
  if (line.name === 'in_bed') return [{ name: 'share', points }];
  return [
    { name: 'mean', points },
    { name: 'lowest', points: beside(told.low) },
    { name: 'highest', points: beside(told.high) },
  ];
}

/** All times in order, an empty one in each gap, and the ends of the span. */
function timesOf(told: number[], span: Span, gap: number): number[] {
  const breaks = gapsOf(told, { from: told[0] ?? span.from, to: told.at(-1) ?? span.to }, gap).map(([from, to]) => (from + to) / 2);
  return [...new Set([span.from, ...told, ...breaks, span.to])].sort((one, other) => one - other);
}

/** Longer than a gap without a word: before, between and after what was told; none where nothing was. */
function gapsOf(told: number[], { from, to }: Span, gap: number): [number, number][] {
  if (!told.length || gap === Infinity) return [];
  const ends = [from, ...told, to];
  return ends.slice(1).flatMap((at, index): [number, number][] => (at - (ends[index] ?? at) > gap ? [[ends[index] ?? at, at]] : []));
}

function gapOf(told: Told | undefined, span: Span): number {
  const step = Math.max(STEP_MS[told?.level ?? 'raw'], (span.to - span.from) / 200);
  return Math.max(2.5 * step, LEAST_GAP_MS);
}
