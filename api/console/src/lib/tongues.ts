/** Languages to choose from, by their names in the reader's. */
import type { Choice } from './form';

/** Of a country of many tongues, and of those who came to live with their children. */
const SPOKEN = [
  'zh', 'yue', 'wuu', 'nan', 'hak', 'hsn', 'gan', 'cjy', 'cdo', 'ii', 'bo', 'ug', 'mn', 'za', 'ko', 'kk', 'ky',
  'en', 'de', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt', 'ro', 'ru', 'tr', 'uk', 'ar', 'fa', 'hi', 'th', 'vi', 'id', 'ms',
];

export function languageChoices(locale: string): Choice[] {
  const names = new Intl.DisplayNames(locale, { type: 'language' });
  return SPOKEN.map((value) => ({ value, name: names.of(value) ?? value, more: value }));
}
