import type { Schema } from '../../lib/api';
import type { Question } from '../../lib/form';
import { t } from '../../lib/i18n.svelte';
import { residents } from '../../lib/residents.svelte';

/** With whom a device is, and where: a resident, or a team until it has one. */
export function placeQuestions(teams: Schema['Team'][]): Question[] {
  const people = [...residents.byId.values()].sort((one, other) => one.name.localeCompare(other.name));
  return [
    { name: 'resident', label: t('devices.resident'), kind: 'one', hint: t('devices.resident_hint'), choices: people.map(({ id, name }) => ({ value: id, name: `${name} · ${id}` })) },
    { name: 'team', label: t('devices.team'), kind: 'one', hint: t('devices.team_hint'), choices: teams.map(({ id, name }) => ({ value: id, name })) },
    { name: 'place', label: t('devices.place'), hint: t('devices.place_hint') },
  ];
}
