import { expect, test } from 'vitest';
import { link, parse } from './router.svelte';

test('a link leads where it says', () => {
  const place = parse(link('people', 'li/na 1', { days: '7' }));
  expect([place.screen, place.id, place.query.get('days')]).toEqual(['people', 'li/na 1', '7']);
});

test('no hash is no screen, and a broken one breaks nothing', () => {
  expect(parse('').screen).toBe('');
  expect(parse('#/alert/%E0%A4%A').id).toBe('%E0%A4%A');
});
