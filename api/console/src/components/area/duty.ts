import type { Schema } from '../../lib/api';
import { t } from '../../lib/i18n.svelte';

/** Who is on duty, by name; empty where there is nobody. */
export function namesOf(people: Schema['Person'][]): string {
  return people.map(({ name, username }) => name || username || t('duty.centre')).join(', ');
}
