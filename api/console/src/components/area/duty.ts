import type { Schema } from '../../lib/api';
import { language, t } from '../../lib/i18n.svelte';
import { byClock, clock } from '../../lib/time';

/** Who is on duty, by name; empty where there is nobody. */
export function namesOf(people: Schema['Person'][]): string {
  return people.map(({ name, username }) => name || username || t('duty.centre')).join(', ');
}

/** A hand-over by the clock of the team, which is named where it is not the reader's. */
export function handover(time: string, now: number, zone: string | null): string {
  const at = Date.parse(time);
  return byClock(clock(at, now, language.locale, zone ?? undefined), at, language.locale, zone ?? undefined);
}
