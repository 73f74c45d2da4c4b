import { expect, test } from 'vitest';
import { sparseIn } from './sparse';

test('a lone day and a few beside each other are specks, and a line is none', () => {
  expect(sparseIn([null, 60, null, 61, 62, null, 63, 64, 65, 66, null, 67])).toEqual([1, 3, 4, 11]);
  expect(sparseIn([60, 61, 62, 63])).toEqual([]);
  expect(sparseIn([null, null])).toEqual([]);
});
