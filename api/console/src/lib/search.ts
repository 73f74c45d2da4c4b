import type { Choice } from './form';

/** Whether all words that are sought are somewhere in the texts; case and accents aside. */
export function holds(sought: string, ...texts: string[]): boolean {
  const within = plain(texts.join(' '));
  return plain(sought).split(/\s+/).every((word) => within.includes(word));
}

function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{Diacritic}/gu, '').toLowerCase().trim();
}

/** The choices in whose name, value or further words all that is sought is found. */
export function matching(choices: Choice[], sought: string): Choice[] {
  return choices.filter(({ name, value, more = '' }) => holds(sought, name, value, more));
}
