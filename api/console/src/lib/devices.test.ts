import { expect, test } from 'vitest';
import { ALL, code, contactOf, fits, type Device } from './devices';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const device = (change: Partial<Device> = {}): Device => ({
  id: 'bed-7', kind: 'bed', vendor: 'Lanting', model: 'L1', resident: 'rosa', team: null, place: 'bedroom',
  interval_s: 60, created_at: '', heard_at: '2026-11-28T11:59:00Z', online: true, firmware: null, battery: 80,
  unknown_fields: 0, ...change,
} as Device);

test('a device is in contact until it has missed three intervals, or said goodbye', () => {
  expect(contactOf(device(), NOW)).toBe('heard');
  expect(contactOf(device({ heard_at: '2026-11-28T11:55:30Z' }), NOW)).toBe('silent');
  expect(contactOf(device({ online: false }), NOW)).toBe('silent');
  expect(contactOf(device({ heard_at: null }), NOW)).toBe('never');
  expect(contactOf(device({ interval_s: null, heard_at: '2026-11-27T13:00:00Z' }), NOW)).toBe('heard');
  expect(contactOf(device({ interval_s: null, heard_at: '2026-11-27T11:00:00Z' }), NOW)).toBe('silent');
});

test('devices are found by name, resident, kind, contact and battery', () => {
  expect(fits(device(), ALL, 'Rosa Lin', NOW)).toBe(true);
  expect(fits(device(), { ...ALL, text: 'rosa' }, 'Rosa Lin', NOW)).toBe(true);
  expect(fits(device(), { ...ALL, kind: 'fall' }, '', NOW)).toBe(false);
  expect(fits(device(), { ...ALL, contact: 'silent' }, '', NOW)).toBe(false);
  expect(fits(device({ battery: 12 }), { ...ALL, weak: true }, '', NOW)).toBe(true);
  expect(fits(device({ battery: null }), { ...ALL, weak: true }, '', NOW)).toBe(false);
});

test('the code holds all that a device needs to connect', () => {
  expect(JSON.parse(code({ mqtt: 'mqtts://care.example:8883', id: 'bed-7', secret: 's' }))).toEqual({
    mqtt: 'mqtts://care.example:8883', id: 'bed-7', secret: 's',
  });
});
