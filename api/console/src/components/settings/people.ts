import { api, type Schema } from '../../lib/api';
import type { Choice } from '../../lib/form';

/** Who may be on duty in a team: those of the team, of those above it and of those below it. */
export async function peopleOf(team: string, teams: Schema['Team'][]): Promise<Choice[]> {
  const asked = teams.filter(({ id }) => above(id, team, teams) || above(team, id, teams));
  const pages = await Promise.all(asked.map(({ id }) => api.get('/teams/{team}/members', { path: { team: id }, query: { limit: 500 } })));
  const names = new Map(pages.flatMap(({ items }) => items.map(({ user, name }) => [user, name || user])));
  const sorted = [...names].sort(([, one], [, other]) => one.localeCompare(other));
  return sorted.map(([value, name]) => ({ value, name, ...(name === value ? {} : { more: value }) }));
}

/** Whether a team is, or stands above, another. */
function above(team: string, other: string | null, teams: Schema['Team'][]): boolean {
  if (other === null || team === other) return other !== null;
  return above(team, teams.find(({ id }) => id === other)?.parent ?? null, teams);
}
