import { expect, test } from 'vitest';
import { wasAskedBefore } from './parties';

const offer = (username: string, party: string, offered_at: string) => ({ username, party, offered_at });

test('who answers after their turn was asked; who never had one was not', () => {
  const late = offer('mei', '', '2026-11-21T12:01:30Z');
  const offers = [offer('mei', 'family', '2026-11-21T12:00:00Z'), offer('li', 'family', '2026-11-21T12:02:00Z')];
  expect(wasAskedBefore(late, [...offers, late])).toBe(true);
  expect(wasAskedBefore(offer('li', '', '2026-11-21T12:01:30Z'), offers)).toBe(false);
});
