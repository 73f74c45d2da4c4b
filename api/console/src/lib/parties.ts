/** Who answers for an alert, as the API lists them: "family, station", "person:wang". */
import { word } from './i18n.svelte';

export function partyName(party: string): string {
  const [kind = '', name] = party.split(':');
  return name ?? word('party', kind.split('@')[0]);
}

export function partyNames(parties: string): string {
  return parties.split(', ').filter(Boolean).map(partyName).join(', ');
}
