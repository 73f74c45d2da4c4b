/** Who sees which screens. What they may do there, the API decides. */
import type { Me } from './api';

export type Role = Me['role'];
export type ScreenName = 'now' | 'people' | 'area' | 'devices' | 'settings';

const CARERS: Role[] = ['family', 'station', 'centre', 'responder', 'volunteer', 'admin'];
const STAFF: Role[] = ['station', 'centre', 'admin'];

const SEES: Record<ScreenName, Role[]> = {
  now: CARERS,
  people: CARERS,
  area: STAFF,
  devices: [...STAFF, 'vendor'],
  settings: [...CARERS, 'vendor'],
};

/** All that somebody is: of one team this, of another that, of a resident family. */
export function rolesOf(me: Me | null): Set<Role> {
  if (!me) return new Set();
  const family: Role[] = me.residents.length ? ['family'] : [];
  return new Set([me.role, ...me.memberships.map((each) => each.role), ...family]);
}

/** Screens in the order of the navigation; the first is where one begins. */
export function screensOf(roles: Set<Role>): ScreenName[] {
  const names = Object.keys(SEES) as ScreenName[];
  return names.filter((name) => SEES[name].some((role) => roles.has(role)));
}
