/** Forms as data: what is asked, and what of it is sent. All pure. */
import { offset } from './time';

export interface Choice {
  value: string;
  name: string;
  /** What else tells it from others of that name: an address, an id. */
  more?: string;
}

/** One question. Without a `kind` it is answered with a line of text. */
export interface Question {
  name: string;
  label: string;
  kind?: 'text' | 'long' | 'number' | 'date' | 'time' | 'moment' | 'password' | 'tick' | 'one' | 'some';
  hint?: string;
  required?: boolean;
  /** Of `one` and `some`. */
  choices?: Choice[];
  /** There are many of them: they are found by typing. */
  sought?: boolean;
  /** Of `moment`: whose clock it is told by; without one, the reader's. */
  zone?: string | undefined;
  /** What a text has to look like; the hint says it in words. */
  pattern?: string;
  least?: number;
  most?: number;
  step?: number | 'any';
}

/** Names that the API takes as an id. */
export const ID = '[A-Za-z0-9_\\-]{1,64}';

export type Answer = string | number | boolean | string[] | null | undefined;
export type Answers = Record<string, Answer>;

/** What is sent: nothing written is null, a moment is the same by any clock. */
export function spoken(questions: Question[], answers: Answers): Answers {
  return Object.fromEntries(questions.map((each) => [each.name, value(each, answers[each.name])]));
}

/** What is not as it was, with nothing for nothing: to be sent alone. */
export function changes(said: Record<string, unknown>, before: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(said).filter(([name, value]) => JSON.stringify(value ?? '') !== JSON.stringify(before[name] ?? '')));
}

function value({ kind, zone }: Question, answer: Answer): Answer {
  if (kind === 'tick') return Boolean(answer);
  if (kind === 'some') return answer ?? [];
  if (answer === '' || answer === undefined || answer === null) return null;
  if (kind === 'moment') return new Date(instant(String(answer), zone)).toISOString();
  return kind === 'number' ? Number(answer) : answer;
}

/** A moment as a field of the browser takes it, by the clock of a zone or else the reader's. */
export function moment(at: number, zone?: string): string {
  return new Date(at + offset(at, zone)).toISOString().slice(0, 16);
}

/** The moment at which that clock says what is in the field. */
export function instant(local: string, zone?: string): number {
  const there = Date.parse(`${local}Z`);
  return there - offset(there - offset(there, zone), zone);
}

/** What is wrong with a field: with itself, or with something in it. */
export function wrongWith(name: string, fields: Record<string, string>): string {
  const places = Object.keys(fields).filter((place) => place === name || place.startsWith(`${name}.`));
  return places.map((place) => fields[place]).join(' ');
}

/** The same list with the item moved by so many places; unchanged where it cannot be. */
export function moved<Item>(items: Item[], at: number, by: number): Item[] {
  const to = at + by;
  if (to < 0 || to >= items.length) return items;
  const rest = items.filter((_, index) => index !== at);
  return [...rest.slice(0, to), items[at] as Item, ...rest.slice(to)];
}
