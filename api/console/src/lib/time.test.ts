import { expect, test } from 'vitest';
import { byClock, clock, exact, offset, relative, secondsLeft, span } from './time';

const NOW = Date.UTC(2026, 10, 28, 3, 0, 0);

test.each([
  [5_000, '5 seconds ago', '5秒钟前'],
  [3 * 60_000 + 59_000, '3 minutes ago', '3分钟前'],
  [2 * 3_600_000, '2 hours ago', '2小时前'],
  [3 * 86_400_000, '3 days ago', '3天前'],
])('%i ms ago', (ago, english, chinese) => {
  expect(relative(NOW - ago, NOW, 'en')).toBe(english);
  expect(relative(NOW - ago, NOW, 'zh-CN')).toBe(chinese);
});

test('a deadline that lies ahead is told as one', () => {
  expect(relative(NOW + 120_000, NOW, 'en')).toBe('in 2 minutes');
});

test.each([
  [41_200, '42 seconds', '42秒钟'],
  [120_000, '120 seconds', '120秒钟'],
  [120_001, '', ''],
  [0, '', ''],
])('%i ms before a deadline', (left, english, chinese) => {
  expect(secondsLeft(NOW + left, NOW, 'en')).toBe(english);
  expect(secondsLeft(NOW + left, NOW, 'zh-CN')).toBe(chinese);
});

test('the exact time names its zone', () => {
  expect(exact(NOW, 'en', 'Asia/Shanghai')).toContain('11:00:00');
  expect(exact(NOW, 'en', 'Asia/Shanghai')).toContain('GMT+8');
});

test.each([
  [60_000, '1 minute', '1分钟'],
  [90_000, '1.5 minutes', '1.5分钟'],
  [20_000, '20 seconds', '20秒钟'],
  [3.5 * 3_600_000, '3.5 hours', '3.5小时'],
])('a span of %i ms', (length, english, chinese) => {
  expect(span(length, 'en')).toBe(english);
  expect(span(length, 'zh-CN')).toBe(chinese);
});

test('a clock tells the day that is not today, and the year that is not this one', () => {
  expect(clock(NOW, NOW + 60_000, 'en-GB', 'UTC')).toBe('03:00');
  expect(clock(NOW, NOW + 86_400_000, 'en-GB', 'UTC')).toBe('28 Nov, 03:00');
  expect(clock(NOW, NOW + 60_000, 'en-GB', 'Asia/Shanghai')).toBe('11:00');
  expect(clock(NOW, NOW + 40 * 86_400_000, 'en-GB', 'UTC')).toBe('28 Nov 2026, 03:00');
});

test('a time by another clock than the reader\'s says whose it is', () => {
  expect(byClock('11:00', NOW, 'en-GB', 'Asia/Shanghai', 'Europe/London')).toBe('11:00 (China Time)');
  expect(byClock('11:00', NOW, 'zh-CN', 'Europe/London', 'Asia/Shanghai')).toBe('11:00（英国时间）');
  expect(byClock('11:00', NOW, 'en-GB', 'Asia/Chongqing', 'Asia/Shanghai')).toBe('11:00');
  expect(byClock('11:00', NOW, 'en-GB')).toBe('11:00');
});

test('how far a clock is ahead changes with the season', () => {
  expect(offset(NOW, 'Europe/London')).toBe(0);
  expect(offset(Date.UTC(2026, 6, 1), 'Europe/London')).toBe(3_600_000);
  expect(offset(NOW + 123, 'Asia/Kolkata')).toBe(5.5 * 3_600_000);
});
