/** What the console says, in the language of its reader. All text is in `src/messages/`. */
import type en from '../messages/en.json';
import enAddress from '../messages/en.json?url';
import zhAddress from '../messages/zh.json?url';
import { Problem, type Schema } from './api';

export type Key = keyof typeof en;
export type Language = 'en' | 'zh';
type Values = Record<string, string | number>;
type Messages = Record<string, string>;

/** Each by its own name, and as `Intl` and `lang` call it. */
export const LANGUAGES: Record<Language, { name: string; locale: string }> = {
  en: { name: 'English', locale: 'en-GB' },
  zh: { name: '中文', locale: 'zh-CN' },
};

const STORED = 'carewatch.language';
const ADDRESSES: Record<Language, string> = { en: enAddress, zh: zhAddress };

class Speech {
  current = $state<Language>(chosen());
  messages = $state.raw<Messages>({});
  locale = $derived(LANGUAGES[this.current].locale);

  /** Fetch the messages of the current language. */
  async load(): Promise<void> {
    const answer = await fetch(ADDRESSES[this.current]);
    if (!answer.ok) throw new Problem(answer.status, answer.statusText);
    this.messages = await answer.json();
    document.documentElement.lang = this.locale;
  }

  async choose(wanted: Language): Promise<void> {
    this.current = wanted;
    localStorage.setItem(STORED, wanted);
    await this.load();
  }
}

export const language = new Speech();

/** The message of that name; `{braces}` are filled in. */
export function t(key: Key, values: Values = {}): string {
  return fill(language.messages[key] ?? key, values);
}

/** `t` for how many: `name.one` and `name.other`. */
export function many(name: Plural, count: number, values: Values = {}): string {
  const rule = new Intl.PluralRules(language.locale).select(count) === 'one' ? 'one' : 'other';
  return t(`${name}.${rule}` as Key, { count: number(count), ...values });
}
type Plural = Key extends infer K ? (K extends `${infer N}.other` ? N : never) : never;

/** The words for a value of the API, such as `kind` `sos`; the value itself where there are none. */
export function word(family: string, value: string | null | undefined): string {
  return value ? (language.messages[`${family}.${value}`] ?? value) : '';
}

/** What the status says is all that a person can make use of; else the API's own words stand beside it. */
const SAYS_ALL = [401, 403, 404, 429, 503];

/** An error as a sentence for its reader. */
export function sentence(error: unknown): string {
  if (!(error instanceof Problem)) return t('problem.bug');
  if (error.status === 0) return t(error.method === 'get' ? 'problem.unreachable' : 'problem.not_done');
  const why = error.reasons?.map(refused);
  if (why?.length && why.every(Boolean)) return why.join(language.current === 'zh' ? '' : ' ');
  if (language.current === 'en') return error.message;
  const known = language.messages[`problem.${error.status}`] ?? t('problem.other');
  return SAYS_ALL.includes(error.status) ? known : t('saying.because', { said: known, why: error.message });
}

/** Why the API said no; nothing where there are no words for it. */
function refused({ code, values }: Schema['Reason']): string | undefined {
  const words = language.messages[`refused.${code}`];
  return words && fill(words, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, list(name, value)])));
}

function list(family: string, values: unknown): string {
  return [values].flat().map((each) => word(family, String(each))).join(t('saying.comma'));
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(language.locale, { maximumFractionDigits: digits }).format(value);
}

/** All values of a family that have words, to choose from. */
export function wordsOf(family: string): { value: string; name: string }[] {
  const found = Object.entries(language.messages).filter(([name]) => name.startsWith(`${family}.`));
  return found.map(([name, text]) => ({ value: name.slice(family.length + 1), name: text }));
}

export function fill(message: string, values: Values): string {
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

function chosen(): Language {
  const stored = globalThis.localStorage?.getItem(STORED);
  if (stored === 'en' || stored === 'zh') return stored;
  return globalThis.navigator?.language.startsWith('zh') ? 'zh' : 'en';
}
