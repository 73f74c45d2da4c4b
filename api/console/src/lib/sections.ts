/** The parts of the settings, and who has them; each is fetched when it is first opened. */
import type { Component } from 'svelte';
import type { Role } from './roles';

type Load = () => Promise<{ default: Component }>;
export interface Section {
  name: string;
  group: 'mine' | 'team';
  roles: Role[];
  load: Load;
}

const EVERYONE: Role[] = ['family', 'station', 'centre', 'responder', 'volunteer', 'vendor', 'admin'];
const HELPERS = EVERYONE.filter((role) => role !== 'vendor');
const STAFF: Role[] = ['station', 'centre', 'admin'];

const SECTIONS: Section[] = [
  { name: 'look', group: 'mine', roles: EVERYONE, load: () => import('../components/settings/Look.svelte') },
  { name: 'reach', group: 'mine', roles: HELPERS, load: () => import('../components/settings/Reach.svelte') },
  { name: 'duties', group: 'mine', roles: HELPERS, load: () => import('../components/settings/Duties.svelte') },
  { name: 'silences', group: 'mine', roles: ['family', ...STAFF], load: () => import('../components/settings/Silences.svelte') },
  { name: 'residents', group: 'team', roles: STAFF, load: () => import('../components/settings/Residents.svelte') },
  { name: 'rotas', group: 'team', roles: STAFF, load: () => import('../components/settings/Rotas.svelte') },
  { name: 'policies', group: 'team', roles: STAFF, load: () => import('../components/settings/Policies.svelte') },
  { name: 'teams', group: 'team', roles: STAFF, load: () => import('../components/settings/Teams.svelte') },
  { name: 'accounts', group: 'team', roles: ['admin'], load: () => import('../components/settings/Accounts.svelte') },
  { name: 'audit', group: 'team', roles: ['centre', 'admin'], load: () => import('../components/settings/Audit.svelte') },
];

export function sectionsOf(roles: Set<Role>): Section[] {
  return SECTIONS.filter((section) => section.roles.some((role) => roles.has(role)));
}
