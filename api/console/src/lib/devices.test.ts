import { expect, test } from 'vitest';
import { ALL, code, contactOf, fits, isWorn, placeKey, type Listed, type Sought } from './devices';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const device = (change: Partial<Listed> = {}): Listed => ({
  id: 'bed-7', kind: 'bed', vendor: 'Lanting', model: 'L1', resident: 'rosa', team: null, place: 'bedroom',
  interval_s: 60, created_at: '', heard_at: '2026-11-28T11:59:00Z', online: true, firmware: null, battery: 80,
  unknown_fields: 0, ...change,
} as Listed);

test('a device is in contact until it has missed three intervals, or said goodbye', () => {
  expect(contactOf(device(), NOW)).toBe('heard');
  expect(contactOf(device({ heard_at: '2026-11-28T11:55:30Z' }), NOW)).toBe('silent');
  expect(contactOf(device({ online: false }), NOW)).toBe('silent');
  expect(contactOf(device({ heard_at: null }), NOW)).toBe('never');
  expect(contactOf(device({ interval_s: null, heard_at: '2026-11-27T13:00:00Z' }), NOW)).toBe('heard');
  expect(contactOf(device({ interval_s: null, heard_at: '2026-11-27T11:00:00Z' }), NOW)).toBe('silent');
});

test('devices are found by all that is said of them, in any order', () => {
  const found = (text: string, change: Partial<Sought> = {}, of: Partial<Listed> = {}) =>
    fits(device(of), { ...ALL, text, ...change }, ['Rosa Lin', 'Bed', 'L1', null], NOW);
  expect(found('')).toBe(true);
  expect(found(' rosa  BED-7')).toBe(true);
  expect(found('rosa fall')).toBe(false);
  expect(found('', { kind: 'fall' })).toBe(false);
  expect(found('', { contact: 'silent' })).toBe(false);
  expect(found('', { weak: true }, { battery: 12 })).toBe(true);
  expect(found('', { weak: true }, { battery: null })).toBe(false);
});

test('a place has one name however a device spells it, and one on a body is no room', () => {
  expect(['bedroom', 'Living room', 'worn on the wrist', 'wrist'].map(placeKey)).toEqual(['bedroom', 'living_room', 'wrist', 'wrist']);
  expect(['Living room', 'worn on the wrist', 'behind the stove', ''].map(isWorn)).toEqual([false, true, false, false]);
});

test('the code holds all that a device needs to connect', () => {
  expect(JSON.parse(code({ mqtt: 'mqtts://care.example:8883', id: 'bed-7', secret: 's' }))).toEqual({
    mqtt: 'mqtts://care.example:8883', id: 'bed-7', secret: 's',
  });
});
