import { expect, test } from 'vitest';
import { nobodyReached, unreachable, wentElsewhere } from './reached';

const AT = '2026-11-21T03:00:00.000Z';
const SOON = Date.parse(AT) + 5_000;
const LATER = Date.parse(AT) + 60_000;
const to = (recipient: string, channel: string, party = 'station') => ({ at: AT, party, recipient, channel });
const asked = (username: string | null, answer: 'no_answer' | 'rejected' = 'no_answer', party = 'station') => ({ username, party, answer });

test('a line in the log reaches nobody, which is said when other attempts would have ended', () => {
  expect(nobodyReached([to('mei', 'log'), to('handover', 'log')], LATER)).toBe(true);
  expect(nobodyReached([to('mei', 'log')], SOON)).toBe(false);
  expect(nobodyReached([to('mei', 'log'), to('mei', 'sms')], LATER)).toBe(false);
  expect(nobodyReached([], LATER)).toBe(false);
});

test('who could not be reached is told from who did not answer', () => {
  const told = [to('mei', 'log'), to('li', 'log'), to('li', 'push'), to('contact 1', 'log', 'contacts')];
  expect(unreachable(asked('mei'), told)).toBe(true);
  expect(unreachable(asked('mei', 'rejected'), told)).toBe(false);
  expect(unreachable(asked('li'), told)).toBe(false);
  expect(unreachable(asked(null, 'no_answer', 'contacts'), told)).toBe(true);
  expect(unreachable(asked('mei'), [])).toBe(false);
});

test('the log has a line of each message', () => {
  const told = [to('li', 'log'), to('li', 'push'), to('mei', 'log')];
  expect(told.filter((one) => one.channel === 'log').map((one) => wentElsewhere(one, told))).toEqual([true, false]);
});
