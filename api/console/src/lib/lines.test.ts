import { expect, test } from 'vitest';
import { drawn, LINES, type Told } from './lines';

const HOUR = 3_600_000;
const SPAN = { from: 0, to: 10 * HOUR };
const [heart] = LINES;
const pressure = LINES.find(({ name }) => name === 'blood_pressure');
const told = (points: [number, number][], more: Partial<Told> = {}) => ({ level: 'raw', points, ...more }) as Told;

test('the whole span is in sight, whatever was told', () => {
  const chart = drawn(heart!, [told([[HOUR, 60]])], SPAN, null);
  expect(chart.times).toEqual([0, HOUR, 10 * HOUR]);
  expect(chart.series[0]?.values).toEqual([null, 60, null]);
});

test('a line breaks where nothing was told', () => {
  const chart = drawn(heart!, [told([[HOUR, 60], [HOUR + 1000, 61], [5 * HOUR, 62]])], SPAN, null);
  expect(chart.series[0]?.values).toEqual([null, 60, 61, null, 62, null]);
});

test('where nothing was told is known, at the ends, too', () => {
  const few = told([[HOUR, 60], [HOUR + 1000, 61], [5 * HOUR, 62]]);
  expect(drawn(heart!, [few], SPAN, null).untold).toEqual([[0, HOUR], [HOUR + 1000, 5 * HOUR], [5 * HOUR, 10 * HOUR]]);
  expect(drawn(heart!, [told([])], SPAN, null).untold).toEqual([]);
  expect(drawn(pressure!, [told([[HOUR, 120]]), told([[HOUR, 80]])], SPAN, null).untold).toEqual([]);
});

test('a share of the time lies between nothing and all of it', () => {
  expect(drawn(LINES.find(({ name }) => name === 'in_bed')!, [told([[HOUR, 1]])], SPAN, null).limits).toEqual([0, 100]);
});

test('what is told once a day is one line', () => {
  const chart = drawn(pressure!, [told([[HOUR, 120], [9 * HOUR, 130]]), told([[HOUR, 80]])], SPAN, null);
  expect(chart.series.map(({ name, values }) => [name, ...values])).toEqual([
    ['systolic', null, 120, 130, null],
    ['diastolic', null, 80, null, null],
  ]);
});

test('of means the peaks are shown besides', () => {
  const chart = drawn(heart!, [told([[HOUR, 60]], { level: 'hour', low: [50], high: [90] })], SPAN, null);
  expect(chart.series.map(({ name, values }) => [name, values[1]])).toEqual([['mean', 60], ['lowest', 50], ['highest', 90]]);
});

test('the own range lies behind all of it', () => {
  const chart = drawn(heart!, [told([])], SPAN, { low: 50, high: 62 });
  expect(chart.band).toEqual({ low: [50, 50], high: [62, 62] });
  expect(chart.empty).toBe(true);
});
