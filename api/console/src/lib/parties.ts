/** Who answers for an alert, as the API lists them: "family, station", "person:wang", "wang". */
import { t, word } from './i18n.svelte';

/** What people are called by user name, as an answer of the API tells; not all are called anything. */
export type Names = Record<string, string>;

export function personName(user: string, names: Names = {}): string {
  return names[user] || user;
}

export function partyName(party: string, names: Names = {}): string {
  const [kind = '', name] = party.split(':');
  if (name !== undefined) return personName(name, names);
  const known = kind.split('@')[0];
  const said = word('party', known);
  return said === known ? personName(kind, names) : said;
}

/** Somebody who is told or asked: a person, a contact of the file, or a party as such. */
interface Recipient {
  party: string;
  name: string;
  username: string | null;
}

export function recipientName({ party, name, username }: Recipient, names?: Names): string {
  if (username) return names?.[username] || name;
  return party === 'centre' || party === 'handover' ? partyName(party) : name;
}

interface Offer {
  username: string | null;
  party: string;
  offered_at: string;
}

/** Whether somebody who answered had been asked, though not at that moment any more. */
export function wasAskedBefore(answered: Offer, offers: Offer[]): boolean {
  return offers.some(
    ({ username, party, offered_at }) =>
      party !== '' && username === answered.username && Date.parse(offered_at) < Date.parse(answered.offered_at),
  );
}

export function partyNames(parties: string, names: Names = {}): string {
  return parties.split(', ').filter(Boolean).map((party) => partyName(party, names)).join(t('saying.comma'));
}
