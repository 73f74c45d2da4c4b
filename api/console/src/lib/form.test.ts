import { expect, test } from 'vitest';
import { changes, instant, moment, moved, spoken, wrongWith, type Question } from './form';

test('what was left empty is sent as null, and figures as figures', () => {
  const questions: Question[] = [
    { name: 'name', label: '' },
    { name: 'year', label: '', kind: 'number' },
    { name: 'key', label: '', kind: 'tick' },
    { name: 'kinds', label: '', kind: 'some' },
  ];
  expect(spoken(questions, { name: '', year: '1950' })).toEqual({ name: null, year: 1950, key: false, kinds: [] });
});

test('a moment is sent as the same moment', () => {
  const at = Date.UTC(2026, 10, 28, 3, 15);
  const questions: Question[] = [{ name: 'at', label: '', kind: 'moment' }];
  expect(spoken(questions, { at: moment(at) })).toEqual({ at: '2026-11-28T03:15:00.000Z' });
});

test('a moment can be told by the clock of another place', () => {
  const at = Date.UTC(2026, 2, 29, 12); // in London the clocks went forward that night
  expect(moment(at, 'Asia/Shanghai')).toBe('2026-03-29T20:00');
  for (const zone of ['Asia/Shanghai', 'Europe/London', 'America/New_York']) expect(instant(moment(at, zone), zone)).toBe(at);
});

test('only what was changed is sent, and what was emptied', () => {
  const before = { name: 'Rosa', floor: '', phones: ['1'], risks: 'falls' };
  expect(changes({ name: 'Rosa', floor: null, phones: ['1'], risks: null }, before)).toEqual({ risks: null });
  expect(changes({ phones: ['1', '2'] }, before)).toEqual({ phones: ['1', '2'] });
});

test('a field is told what is wrong in it', () => {
  const fields = { 'shifts.0.starts': 'a time', name: 'too long', names: 'x' };
  expect(wrongWith('shifts', fields)).toBe('a time');
  expect(wrongWith('name', fields)).toBe('too long');
  expect(wrongWith('team', fields)).toBe('');
});

test('an item moves by places, and not beyond the ends', () => {
  expect(moved(['a', 'b', 'c'], 2, -1)).toEqual(['a', 'c', 'b']);
  expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c']);
  expect(moved(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c']);
});
