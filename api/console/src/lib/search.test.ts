import { expect, test } from 'vitest';
import { holds } from './search';

test('nothing sought is everywhere', () => expect(holds('  ', 'Rosa')).toBe(true));

test('each word counts, in any order, without case and accents', () => {
  expect(holds('lane jose', 'José Álvarez', '3 Mill Lane')).toBe(true);
  expect(holds('rosa lane', 'José', '3 Mill Lane')).toBe(false);
});

test('Chinese names are found by a part', () => expect(holds('秀英', '陈秀英')).toBe(true));
