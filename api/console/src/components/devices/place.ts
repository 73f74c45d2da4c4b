import type { Schema } from '../../lib/api';
import type { Question } from '../../lib/form';
import { t } from '../../lib/i18n.svelte';
import { residents } from '../../lib/residents.svelte';

/** With whom a device is, and where: a resident, or a team until it has one. */
export function placeQuestions(teams: Schema['Team'][]): Question[] {
  return [
    { name: 'resident', label: t('devices.resident'), kind: 'one', sought: true, hint: t('devices.resident_hint'), choices: residents.choices() },
    { name: 'team', label: t('devices.team'), kind: 'one', hint: t('devices.team_hint'), choices: teams.map(({ id, name }) => ({ value: id, name })) },
    { name: 'place', label: t('devices.place'), hint: t('devices.place_hint') },
  ];
}
