import { expect, test } from 'vitest';
import { holds, matching } from './search';

test('nothing sought is everywhere', () => expect(holds('  ', 'Rosa')).toBe(true));

test('each word counts, in any order, without case and accents', () => {
  expect(holds('lane jose', 'José Álvarez', '3 Mill Lane')).toBe(true);
  expect(holds('rosa lane', 'José', '3 Mill Lane')).toBe(false);
});

test('Chinese names are found by a part', () => expect(holds('秀英', '陈秀英')).toBe(true));

test('a choice is found by its name, its id and what else tells it from others', () => {
  const choices = [
    { value: 'resident-1', name: '陈秀英', more: '柳树村 1 号' },
    { value: 'resident-2', name: 'Rosa Lane', more: '3 Mill Lane' },
  ];
  for (const sought of ['秀英', '柳树村', 'resident-1']) expect(matching(choices, sought)).toEqual([choices[0]]);
  expect(matching(choices, '')).toEqual(choices);
});
