/** Teams as a tree: county above township above village. Pure. */
import type { Me, Schema } from './api';

type Team = Schema['Team'];

/** A team and all below it, by id. */
export function below(teams: Team[], top: string): Set<string> {
  const found = new Set([top]);
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const { id, parent } of teams) if (parent !== null && found.has(parent)) found.add(id);
  }
  return found;
}

/** These teams and all below them, each before those below it; otherwise in the order that they have. */
export function treeOf(teams: Team[], tops: Team[]): Team[] {
  const branch = (top: Team): Team[] => [top, ...teams.filter(({ parent }) => parent === top.id).flatMap(branch)];
  const isUnder = (team: Team) => tops.some((top) => top.id !== team.id && below(teams, top.id).has(team.id));
  return tops.filter((top) => !isUnder(top)).flatMap(branch);
}

/** Those that somebody belongs to; for who belongs to none, those at the top. */
export function ownTeams(teams: Team[], me: Me | null): Team[] {
  const own = new Set(me?.memberships.map(({ team }) => team));
  const mine = teams.filter(({ id }) => own.has(id));
  if (mine.length) return mine;
  const known = new Set(teams.map(({ id }) => id));
  return teams.filter(({ parent }) => parent === null || !known.has(parent));
}

/** Where most live who belong to a team or, where nobody does, to the next one above; else unknown. */
export function zoneOf(teams: Team[], id: unknown): string | undefined {
  const team = teams.find((each) => each.id === id);
  return team && (team.timezone ?? zoneOf(teams, team.parent));
}
