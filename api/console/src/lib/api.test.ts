import { expect, test } from 'vitest';
import { address } from './api';

test('a path is filled in, and nothing in a name can leave its place', () => {
  expect(address('/alerts/{alert}', { alert: 'a/../b' })).toBe('/api/v1/alerts/a%2F..%2Fb');
});

test('what was not asked for is left out of the query', () => {
  const query = { state: 'open', cursor: null, kind: undefined, q: ['a', 'b'] };
  expect(address('/alerts', {}, query)).toBe('/api/v1/alerts?state=open&q=a&q=b');
});
