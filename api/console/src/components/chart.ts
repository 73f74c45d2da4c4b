/** Draws with uPlot: colours from the tokens, dashes so that colour is never alone. Fetched with the first chart. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { rangeOf, stepsOf, widthOf } from '../lib/scale';
import { sparseIn } from '../lib/sparse';
import type { Mark, Series } from './Chart.svelte';

/** A token of `styles/tokens.css` by its name. */
export type Ink = (token: string) => string;

export interface Drawing {
  series: Series[];
  band: boolean;
  marks: Mark[];
  /** Where the upright axis begins and ends; else as the values have it. */
  limits: [number, number] | undefined;
  /** Spans in which nothing was told, in milliseconds: they are hatched. */
  untold: [number, number][];
  width: number;
  height: number;
  zone: string | undefined;
  look: ((from: number, to: number) => void) | undefined;
  /** Told where marks that lead somewhere were drawn, in pixels from the left. */
  placed: (found: { mark: Mark; left: number }[]) => void;
}

const DASHES = [[], [6, 4], [2, 3]];
const LEAST_SPAN_S = 10;
const HATCH_PX = 9;
/** Marks nearer to each other than a finger is wide are one to tap; the first. */
const FINGER_PX = 24;

/** Draw into `room`: the times in seconds, then a row of values for each line. Ends with what is returned. */
export function draw(drawing: Drawing, data: (number | null)[][], ink: Ink, locale: string, room: HTMLElement): () => void {
  const chart = new uPlot(optionsOf(drawing, ink, locale), data as uPlot.AlignedData, room);
  return () => chart.destroy();
}

function optionsOf(drawing: Drawing, ink: Ink, locale: string): uPlot.Options {
  const { series, width, height, zone, limits } = drawing;
  const digits = Math.max(...series.map((one) => one.digits ?? 0));
  return {
    width,
    height,
    ms: 1e-3, // times are in seconds
    ...(zone ? { tzDate: (at: number) => uPlot.tzDate(new Date(at * 1000), zone) } : {}),
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { size: 7 } },
    scales: { y: { range: (_, low, high) => limits ?? rangeOf(low, high, digits) } },
    axes: [axis(ink, timesOf(locale, zone)), axis(ink, { incrs: stepsOf(digits), size: (_, labels) => widthOf(labels) })],
    series: [{}, ...series.map((one, index) => line(one, index, ink)), ...(drawing.band ? edges() : [])],
    bands: drawing.band ? [{ series: [series.length + 1, series.length + 2], fill: ink('band') }] : [],
    hooks: { drawClear: [(chart) => drawing.untold.forEach((each) => hatch(chart, each, ink))], draw: [(chart) => drawing.placed(marksOn(chart, drawing.marks, ink))], setScale: [looker(drawing)] },
  };
}

function line(one: Series, index: number, ink: Ink): uPlot.Series {
  const colour = ink(`series-${(index % 3) + 1}`);
  return {
    label: one.name,
    stroke: colour,
    width: 1.75,
    dash: DASHES[index % 3] ?? [],
    // Few readings are dots each; of many, those that would be a speck of a line.
    points: { fill: colour, ...(one.values.length < 60 ? { show: true, size: 5 } : { show: false, filter: () => sparseIn(one.values), size: 8 }) },
  };
}

function edges(): uPlot.Series[] {
  return [{ points: { show: false } }, { points: { show: false } }];
}

function axis(ink: Ink, more: uPlot.Axis = {}): uPlot.Axis {
  return {
    stroke: ink('soft'),
    grid: { stroke: ink('line'), width: 1 },
    ticks: { stroke: ink('line'), width: 1 },
    font: '13px system-ui, sans-serif',
    ...more,
  };
}

/** Days where days are far apart, minutes where they are near, in the words of the locale. */
function timesOf(locale: string, zone: string | undefined): uPlot.Axis {
  const where = zone ? { timeZone: zone } : {};
  const day = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', ...where });
  const minute = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hour12: false, ...where });
  const second = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false, ...where });
  return {
    space: 72,
    size: 32,
    values: (_, splits, __, ___, step) => {
      const form = step >= 86_400 ? day : step >= 60 ? minute : second;
      return splits.map((at) => form.format(at * 1000));
    },
  };
}

/** Slanted lines where nothing was told, as in the bars of the nights. */
function hatch({ ctx, bbox, valToPos }: uPlot, [from, to]: [number, number], ink: Ink) {
  const edge = (at: number) => Math.min(Math.max(valToPos(at / 1000, 'x', true), bbox.left), bbox.left + bbox.width);
  const [left, right, step] = [edge(from), edge(to), HATCH_PX * devicePixelRatio];
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, bbox.top, right - left, bbox.height);
  ctx.clip();
  ctx.beginPath();
  for (let x = left - bbox.height; x < right; x += step) {
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
  }
  ctx.strokeStyle = ink('line');
  ctx.lineWidth = devicePixelRatio;
  ctx.stroke();
  ctx.restore();
}

/** Draws them, each word where there is room for it; where those are that lead somewhere. */
function marksOn(chart: uPlot, marks: Mark[], ink: Ink): { mark: Mark; left: number }[] {
  const { ctx, bbox } = chart;
  const inSight = marks
    .map((mark) => ({ mark, x: chart.valToPos(mark.at / 1000, 'x', true) }))
    .filter(({ x }) => x >= bbox.left && x <= bbox.left + bbox.width)
    .sort((one, other) => one.x - other.x);
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = ink('high');
  ctx.lineWidth = devicePixelRatio * 1.5;
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  let free = -Infinity;
  for (const { mark, x } of inSight) free = markOn(ctx, bbox, mark, x, free);
  ctx.restore();
  return apart(inSight.map(({ mark, x }) => ({ mark, left: x / devicePixelRatio })));
}

/** A line, and its word unless it would lie over the one before; from where on there is room. */
function markOn(ctx: CanvasRenderingContext2D, bbox: uPlot.BBox, mark: Mark, x: number, free: number): number {
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  const length = ctx.measureText(mark.name).width + 8 * devicePixelRatio;
  const fits = x + length < bbox.left + bbox.width;
  const begins = fits ? x : x - length;
  if (begins < free) return free;
  ctx.textAlign = fits ? 'left' : 'right';
  ctx.fillText(mark.name, x + (fits ? 4 : -4) * devicePixelRatio, bbox.top + 12 * devicePixelRatio);
  return begins + length;
}

function apart(flags: { mark: Mark; left: number }[]): { mark: Mark; left: number }[] {
  let last = -Infinity;
  return flags.filter(({ mark, left }) => {
    if (!mark.href || left - last < FINGER_PX) return false;
    last = left;
    return true;
  });
}

/** Tells what the reader looks at, once they have chosen it with the finger. */
function looker({ look }: Drawing) {
  let first = true;
  return (chart: uPlot, scale: string) => {
    const { min, max } = chart.scales.x ?? {};
    if (scale !== 'x' || min == null || max == null) return;
    if (!first && max - min >= LEAST_SPAN_S) look?.(min * 1000, max * 1000);
    first = false;
  };
}
