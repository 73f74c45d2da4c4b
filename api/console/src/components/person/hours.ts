/** "7 h 40 min" out of minutes, in the words of the reader. */
import { number, t } from '../../lib/i18n.svelte';

export function hours(minutes: number): string {
  const whole = Math.round(minutes);
  return t('night.hours', { hours: number(Math.floor(whole / 60)), minutes: number(whole % 60) });
}
