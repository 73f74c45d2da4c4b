/** Time zones to choose from: by their own name, found in the reader's words as well. */
import type { Choice } from './form';

export function zoneChoices(locale: string): Choice[] {
  return Intl.supportedValuesOf('timeZone').map((value) => ({ value, name: value, more: named(value, locale) }));
}

function named(zone: string, locale: string): string {
  const form = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'longGeneric' });
  return form.formatToParts(0).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}
