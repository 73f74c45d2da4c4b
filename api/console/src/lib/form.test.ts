import { expect, test } from 'vitest';
import { moment, moved, spoken, wrongWith, type Question } from './form';

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
