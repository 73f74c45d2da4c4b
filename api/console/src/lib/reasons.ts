/** Why something became of an alert, in the reader's words: the API tells a code and its values. */
import type { Schema } from './api';
import { language, t, word, type Key } from './i18n.svelte';
import { partyName, partyNames, personName, type Names } from './parties';
import { residents } from './residents.svelte';
import { clock } from './time';

export type Reason = Schema['Reason'];

/** What is said depends on: what people are called, the time now, and whose clock counts. */
export interface Saying {
  names?: Names | undefined;
  now: number;
  zone?: string | undefined;
}

interface Party {
  name: string;
  why: Reason[];
}

type Say = (value: never, saying: Saying) => string;

const list = (values: string[]) => values.join(t('saying.comma'));
const time: Say = (value: string, { now, zone }) => clock(Date.parse(value), now, language.locale, zone);
const person: Say = (value: string, { names }) => personName(value, names);
const wordOf = (family: string): Say => (value: string) => word(family, value);

/** A value is called what it is; all others are said as they are. */
const SAY: Record<string, Say> = {
  kind: wordOf('kind'),
  priority: wordOf('priority'),
  before: wordOf('priority'),
  cause: wordOf('cause'),
  channel: wordOf('channel'),
  person,
  holder: person,
  to: person,
  at: time,
  due: time,
  until: time,
  made_at: time,
  resident: (value: string) => residents.byId.get(value)?.name ?? value,
  responsible: (value: string, { names }) => partyNames(value, names),
  parties: (value: Party[], saying) => list(value.map((party) => partyOf(party, saying))),
};

/** As whole sentences; null where there are no words for one of them, or none was told. */
export function sentences(reasons: Reason[] | null, saying: Saying): string | null {
  return told(reasons)?.map((each) => whole(each, saying)).join(language.current === 'zh' ? '' : ' ') ?? null;
}

/** As parts of a sentence. */
export function parts(reasons: Reason[] | null, saying: Saying): string | null {
  return told(reasons)?.map((each) => part(each, saying)).join(t('saying.semicolon')) ?? null;
}

function told(reasons: Reason[] | null): Reason[] | null {
  return reasons?.length && reasons.every(hasWords) ? reasons : null;
}

function hasWords({ code, values }: Reason): boolean {
  const parties = (values.parties ?? []) as Party[];
  return `reason.${code}` in language.messages && parties.every(({ why }) => why.every(hasWords));
}

function whole(reason: Reason, saying: Saying): string {
  const said = part(reason, saying);
  return reason.values.note ? t('saying.note', { said, note: String(reason.values.note) }) : t('saying.stop', { said });
}

function part({ code, values }: Reason, saying: Saying): string {
  const said = Object.entries(values).map(([name, value]) => [name, valueOf(name, value, saying)]);
  return t(`reason.${code}` as Key, Object.fromEntries(said));
}

function valueOf(name: string, value: unknown, saying: Saying): string {
  const say = SAY[name];
  if (say) return say(value as never, saying);
  return Array.isArray(value) ? list(value) : String(value);
}

function partyOf({ name, why }: Party, saying: Saying): string {
  const party = partyName(name, saying.names);
  return why.length ? t('saying.because', { said: party, why: parts(why, saying) ?? '' }) : party;
}
