/** Homes out of the glances at those who live there, and how many are how. Pure. */
import type { Alert } from './api';
import { byCondition, CONDITIONS, type Condition, type Glance } from './condition';

export interface HomeGlance {
  id: string;
  /** Who needs a look first comes first. */
  people: Glance[];
  condition: Condition;
}

/** The home to look at first before the others. */
export function homesOf(glances: Glance[]): HomeGlance[] {
  const homes = new Map<string, Glance[]>();
  for (const glance of [...glances].sort(byCondition)) {
    const people = homes.get(glance.home);
    if (people) people.push(glance);
    else homes.set(glance.home, [glance]);
  }
  return [...homes].map(([id, people]) => ({ id, people, condition: people[0]?.condition ?? 'well' }));
}

export function countsOf(homes: HomeGlance[]): Record<Condition, number> {
  const counts = Object.fromEntries(CONDITIONS.map((name) => [name, 0])) as Record<Condition, number>;
  for (const home of homes) counts[home.condition] += 1;
  return counts;
}

/** Open alerts of devices that are not heard, in these teams; null for all. */
export function silentIn(alerts: Iterable<Alert>, within: Set<string> | null): Alert[] {
  return [...alerts].filter(({ kind, team }) => kind === 'device_silent' && (within === null || (team !== null && within.has(team))));
}
