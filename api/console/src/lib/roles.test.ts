import { expect, test } from 'vitest';
import type { Me } from './api';
import { rolesOf, screensOf } from './roles';

const me = (role: Me['role'], more: Partial<Me> = {}) =>
  ({ role, residents: [], memberships: [], ...more }) as unknown as Me;

test('a vendor sees devices and settings, and no person', () => {
  expect(screensOf(rolesOf(me('vendor')))).toEqual(['devices', 'settings']);
});

test('family sees neither areas nor devices', () => {
  expect(screensOf(rolesOf(me('family')))).toEqual(['now', 'people', 'settings']);
});

test('a daughter who is also of a station sees what the station does', () => {
  const daughter = me('family', { memberships: [{ team: 'liushu', role: 'station' }] });
  expect(screensOf(rolesOf(daughter))).toContain('area');
});

test('nobody sees nothing', () => {
  expect(screensOf(rolesOf(null))).toEqual([]);
});
