/** A week of duty as the editor has it. All pure. */
import type { Schema } from './api';
import { offset } from './time';

export type Shift = Schema['ShiftAnswer'];
export type Day = Shift['day'];

export const WORKDAYS: Day[] = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
export const DAYS: Day[] = [...WORKDAYS, 'holiday'];

export function shiftsOf(shifts: Shift[], day: Day): Shift[] {
  return shifts.filter((shift) => shift.day === day).sort((one, other) => one.starts.localeCompare(other.starts));
}

/** The shifts of one day on others too, in place of what was there. */
export function copied(shifts: Shift[], from: Day, to: Day[]): Shift[] {
  const kept = shifts.filter((shift) => shift.day === from || !to.includes(shift.day));
  const others = to.filter((day) => day !== from);
  return [...kept, ...others.flatMap((day) => shiftsOf(shifts, from).map((shift) => ({ ...shift, day, people: [...shift.people] })))];
}

/** The day before, within the week as it is listed. */
export function dayBefore(day: Day): Day | undefined {
  return WORKDAYS[WORKDAYS.indexOf(day) - 1];
}

/** Whether it ends on the day after the one on which it begins. */
export function overnight({ starts, ends }: Pick<Shift, 'starts' | 'ends'>): boolean {
  return ends <= starts;
}

/** A shift after the last of its day, so that there is no gap between them. */
export function following(shifts: Shift[], day: Day): Shift {
  const last = shiftsOf(shifts, day).at(-1);
  return { day, starts: last?.ends ?? '08:00', ends: last?.starts === last?.ends || !last ? '20:00' : (shiftsOf(shifts, day)[0]?.starts ?? '08:00'), people: [...(last?.people ?? [])] };
}

export interface Hours {
  starts: string;
  ends: string;
}
const DAY_MS = 86_400_000;

/** When nobody is on duty on each day of the week, by the clock of the zone; "24:00" is midnight. */
export function emptyHours(gaps: { from: string; until: string }[], zone: string): Map<Day, Hours[]> {
  const pieces = gaps.flatMap(({ from, until }) => byDay(local(from, zone), local(until, zone)));
  const found = new Map<Day, Hours[]>();
  for (const [day, hours] of pieces.sort(([, one], [, other]) => one.starts.localeCompare(other.starts))) {
    const before = found.get(day) ?? [];
    const last = before.at(-1);
    if (last && hours.starts <= last.ends) last.ends = hours.ends > last.ends ? hours.ends : last.ends;
    else before.push({ ...hours });
    found.set(day, before);
  }
  return found;
}

/** What the clock there says, as if it were UTC. */
function local(time: string, zone: string): number {
  return Date.parse(time) + offset(Date.parse(time), zone);
}

function byDay(from: number, until: number): [Day, Hours][] {
  if (from >= until) return [];
  const midnight = (Math.floor(from / DAY_MS) + 1) * DAY_MS;
  const day = WORKDAYS[(new Date(from).getUTCDay() + 6) % 7] as Day;
  const said = (at: number) => new Date(at).toISOString().slice(11, 16);
  const hours = { starts: said(from), ends: until < midnight ? said(until) : '24:00' };
  return [[day, hours], ...byDay(midnight, until)];
}

/** The first layer of a team's party that no rota has. */
export function freeLayer(rotas: Schema['RotaAnswer'][], team: unknown, party: unknown): number {
  const taken = new Set(rotas.filter((rota) => rota.team === team && rota.party === party).map(({ layer }) => layer));
  return [1, 2, 3, 4, 5, 6, 7, 8, 9].find((layer) => !taken.has(layer)) ?? 9;
}
