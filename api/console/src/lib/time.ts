/** Times for people: how long ago, and exactly when. All pure; `now` comes in. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "3 minutes ago", in the words of the locale. A time that lies ahead is told as one. */
export function relative(at: number, now: number, locale: string): string {
  const away = at - now;
  const [unit, size] = step(Math.abs(away));
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  return words.format(Math.trunc(away / size), unit);
}

function step(length: number): [Intl.RelativeTimeFormatUnit, number] {
  if (length < MINUTE) return ['second', 1000];
  if (length < HOUR) return ['minute', MINUTE];
  if (length < 36 * HOUR) return ['hour', HOUR];
  return ['day', DAY];
}

/** The day, the time to the second, and the zone. `zone` is the browser's where it is left out. */
export function exact(at: number, locale: string, zone?: string): string {
  const form: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'long' };
  return new Intl.DateTimeFormat(locale, zone ? { ...form, timeZone: zone } : form).format(at);
}

/** The time on the clock; with the day where it is not today's, and the year where it is another. */
export function clock(at: number, now: number, locale: string, zone?: string, seconds = false): string {
  const where = zone ? { timeZone: zone } : {};
  const exactly = seconds ? { second: '2-digit' as const } : {};
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', ...exactly, ...where };
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'short', ...where });
  const today = day.format(at) === day.format(now);
  if (today) return new Intl.DateTimeFormat(locale, time).format(at);
  const year = new Intl.DateTimeFormat(locale, { year: 'numeric', ...where });
  const far = year.format(at) === year.format(now) ? {} : { year: 'numeric' as const };
  const form = { ...time, ...far, month: 'short' as const, day: 'numeric' as const };
  return new Intl.DateTimeFormat(locale, form).format(at);
}

/** How long something lasted: "2 minutes", in one unit, without a fraction where there is none. */
export function span(length: number, locale: string): string {
  const [unit, size] = step(Math.max(length, 1000));
  const value = length / size;
  const whole = unit === 'second' || Math.abs(value - Math.round(value)) < 0.05 || value >= 10;
  const form = { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: whole ? 0 : 1 } as const;
  return new Intl.NumberFormat(locale, form).format(value);
}

/** How long it is until then, in seconds, within the last two minutes; before and after, the clock tells it: ''. */
export function secondsLeft(at: number, now: number, locale: string): string {
  const left = at - now;
  if (left <= 0 || left > 2 * MINUTE) return '';
  const form = { style: 'unit', unit: 'second', unitDisplay: 'long' } as const;
  return new Intl.NumberFormat(locale, form).format(Math.ceil(left / 1000));
}

/** From when until when, with the days; by the clock of a zone, which is named where it is not the reader's. */
export function between(from: number, until: number, locale: string, zone?: string): string {
  const form: Intl.DateTimeFormatOptions = { weekday: 'short', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' };
  const told = new Intl.DateTimeFormat(locale, zone ? { ...form, timeZone: zone } : form).formatRange(from, until);
  return byClock(told, from, locale, zone);
}

/** What is told of a time, with whose clock it is by where the reader's says another: "08:00 (China Time)". */
export function byClock(told: string, at: number, locale: string, zone?: string, own?: string): string {
  const name = clockName(at, locale, zone, own);
  if (!name) return told;
  return locale.startsWith('zh') ? `${told}（${name}）` : `${told} (${name})`;
}

/** "China Time" for a zone whose clocks say then what the reader's do not; else nothing. */
export function clockName(at: number, locale: string, zone?: string, own?: string): string {
  if (!zone || offset(at, zone) === offset(at, own)) return '';
  const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'shortGeneric' }).formatToParts(at);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone;
}

/** How far the clocks of a zone, or else the reader's, are ahead of UTC then, in milliseconds. */
export function offset(at: number, zone?: string): number {
  const form: Intl.DateTimeFormatOptions = { dateStyle: 'short', timeStyle: 'medium' };
  const there = new Intl.DateTimeFormat('sv-SE', zone ? { ...form, timeZone: zone } : form).format(at);
  return Date.parse(`${there.replace(' ', 'T')}Z`) - Math.floor(at / 1000) * 1000;
}

/** "9 Nov" */
export function dayOf(at: number, locale: string, zone?: string): string {
  const form: Intl.DateTimeFormatOptions = { weekday: 'short', month: 'short', day: 'numeric' };
  return new Intl.DateTimeFormat(locale, zone ? { ...form, timeZone: zone } : form).format(at);
}

/** The hour of the day where that zone is, 0 to 23. */
export function hourAt(at: number, zone: string): number {
  return Number(hoursOf(zone).format(at)) % 24;
}

const HOURS = new Map<string, Intl.DateTimeFormat>();

function hoursOf(zone: string): Intl.DateTimeFormat {
  const kept = HOURS.get(zone);
  if (kept) return kept;
  const made = new Intl.DateTimeFormat('en-GB', { hour: 'numeric', hour12: false, timeZone: zone });
  HOURS.set(zone, made);
  return made;
}
