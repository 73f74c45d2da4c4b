/** A week of duty as the editor has it. All pure. */
import type { Schema } from './api';

export type Shift = Schema['ShiftAnswer'];
export type Day = Shift['day'];

export const WORKDAYS: Day[] = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
export const DAYS: Day[] = [...WORKDAYS, 'holiday'];

export function shiftsOf(shifts: Shift[], day: Day): Shift[] {
  return shifts.filter((shift) => shift.day === day).sort((one, other) => one.starts.localeCompare(other.starts));
}

/** The shifts of one day on every day of the week; a holiday keeps its own. */
export function spread(shifts: Shift[], day: Day): Shift[] {
  const pattern = shiftsOf(shifts, day);
  const kept = shifts.filter((shift) => shift.day === 'holiday');
  return [...WORKDAYS.flatMap((each) => pattern.map((shift) => ({ ...shift, day: each }))), ...kept];
}

/** A shift after the last of its day, so that there is no gap between them. */
export function following(shifts: Shift[], day: Day): Shift {
  const last = shiftsOf(shifts, day).at(-1);
  return { day, starts: last?.ends ?? '08:00', ends: last?.starts === last?.ends || !last ? '20:00' : (shiftsOf(shifts, day)[0]?.starts ?? '08:00'), people: last?.people ?? [] };
}
