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

/** The time on the clock, to the second where asked; with the day where it is not today's. */
export function clock(at: number, now: number, locale: string, zone?: string, seconds = false): string {
  const where = zone ? { timeZone: zone } : {};
  const fine = seconds ? { second: '2-digit' as const } : {};
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', ...fine, ...where };
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'short', ...where });
  const today = day.format(at) === day.format(now);
  const form = today ? time : { ...time, month: 'short' as const, day: 'numeric' as const };
  return new Intl.DateTimeFormat(locale, form).format(at);
}

/** From when until when, with the days. */
export function between(from: number, until: number, locale: string, zone?: string): string {
  const form: Intl.DateTimeFormatOptions = { weekday: 'short', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' };
  return new Intl.DateTimeFormat(locale, zone ? { ...form, timeZone: zone } : form).formatRange(from, until);
}

/** How long something lasted: "2 minutes", in one unit, without a fraction where there is none. */
export function span(length: number, locale: string): string {
  const [unit, size] = step(Math.max(length, 1000));
  const value = length / size;
  const whole = unit === 'second' || Math.abs(value - Math.round(value)) < 0.05 || value >= 10;
  const form = { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: whole ? 0 : 1 } as const;
  return new Intl.NumberFormat(locale, form).format(value);
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
