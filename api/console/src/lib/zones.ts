/** Time zones to choose from: in the reader's words, found by their own name as well. */
import type { Choice } from './form';

export function zoneChoices(locale: string): Choice[] {
  return Intl.supportedValuesOf('timeZone').map((value) => ({ value, name: `${named(value, locale)} (${value})` }));
}

function named(zone: string, locale: string): string {
  const form = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'longGeneric' });
  return form.formatToParts(0).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}
