import { expect, test } from 'vitest';
import type { Alert, Schema } from './api';
import { byCondition, glanceOf, tellsWhere } from './condition';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const PLACE = { home: 'home', address: 'Mill Lane 1', timezone: 'UTC' };
const MIDNIGHT = Date.parse('2026-11-21T23:59:00Z');

function told(at: number, more: Partial<Schema['Latest']> = {}): Schema['Latest'] {
  const then = new Date(at).toISOString();
  return { resident: 'rosa', name: 'Rosa', heard_at: then, measured_at: then, in_bed: true, absence: null, ...more } as Schema['Latest'];
}
const alert = (kind: string, priority = 'medium') =>
  ({ id: kind, kind, priority, state: 'open', raised_at: '2026-11-21T11:00:00Z' }) as Alert;
const conditionOf = (row: Schema['Latest'], alerts: Alert[] = [], now = NOW) =>
  glanceOf(row, alerts, PLACE, now).condition;

test('an open alert goes before everything else', () => {
  expect(conditionOf(told(NOW), [alert('device_silent'), alert('fall')])).toBe('alarmed');
});

test('a device that is not heard is no alarm, and no well-being', () => {
  expect(conditionOf(told(NOW), [alert('device_silent')])).toBe('lost');
  expect(conditionOf(told(NOW - 25 * 3600_000))).toBe('lost');
});

test('what ended by itself is no well-being until somebody has looked, and no comfort beside what is open', () => {
  const passed = (open: Alert[], row = told(NOW)) => glanceOf(row, open, PLACE, NOW, [alert('smoke')]).condition;
  expect(passed([])).toBe('passed');
  expect(passed([], told(NOW, { absence: 'hospital' }))).toBe('passed');
  expect(passed([alert('fall')])).toBe('alarmed');
  expect(passed([alert('device_silent')])).toBe('lost');
});

test('a home of which nothing was ever heard is not lost: it has not begun', () => {
  const never = told(NOW, { heard_at: null, measured_at: null, in_bed: null });
  expect(conditionOf(never)).toBe('unheard');
  expect(conditionOf({ ...never, absence: 'hospital' })).toBe('unheard');
  expect(conditionOf(never, [alert('sos')])).toBe('alarmed');
});

test('one device that was heard and fell silent is enough to be lost, whatever was never heard', () => {
  expect(conditionOf(told(NOW - 600_000), [alert('device_silent')])).toBe('lost');
  expect(conditionOf(told(NOW, { heard_at: null }), [alert('device_silent')])).toBe('lost');
});

test('out of bed is worth a look at night alone', () => {
  expect(conditionOf(told(NOW, { in_bed: false }))).toBe('well');
  expect(conditionOf(told(MIDNIGHT, { in_bed: false }), [], MIDNIGHT)).toBe('out');
});

test('who is not at home is not out of bed', () => {
  expect(conditionOf(told(MIDNIGHT, { in_bed: false, absence: 'hospital' }), [], MIDNIGHT)).toBe('absent');
});

test('the night is that of the home', () => {
  const place = { ...PLACE, timezone: 'Asia/Shanghai' };
  const at = Date.parse('2026-11-21T14:00:00Z');
  expect(glanceOf(told(at, { in_bed: false }), [], place, at).condition).toBe('out');
});

test('what was told a while ago says nothing about the present', () => {
  expect(glanceOf(told(NOW - 16 * 60_000), [], PLACE, NOW).whereabouts).toBe('unknown');
  expect(glanceOf(told(NOW, { in_bed: null }), [], PLACE, NOW).whereabouts).toBe('unknown');
});

test('an empty bed is no comfort beside an emergency, and says no more than that it is empty', () => {
  const out = told(NOW, { in_bed: false });
  expect(glanceOf(out, [], PLACE, NOW).whereabouts).toBe('not_in_bed');
  expect(tellsWhere(glanceOf(out, [alert('battery_low', 'low')], PLACE, NOW))).toBe(true);
  for (const kind of ['sos', 'fall', 'fall_suspected', 'breathing_stopped']) {
    expect(tellsWhere(glanceOf(out, [alert(kind, 'high')], PLACE, NOW))).toBe(false);
  }
});

test('who needs a look comes first, the most urgent before the others', () => {
  const well = glanceOf(told(NOW, { name: 'Anna' }), [], PLACE, NOW);
  const looked = glanceOf(told(NOW, { name: 'Berta' }), [alert('bed_exit_long')], PLACE, NOW);
  const urgent = glanceOf(told(NOW, { name: 'Clara' }), [alert('sos', 'high')], PLACE, NOW);
  expect([well, looked, urgent].sort(byCondition).map((one) => one.name)).toEqual(['Clara', 'Berta', 'Anna']);
});
