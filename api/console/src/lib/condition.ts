/** How somebody is at a glance: out of what was told last, and of their open alerts. Pure. */
import type { Alert, Schema } from './api';
import { hourAt } from './time';
import { byUrgency } from './urgency';

/** From the one to look at first to the one to leave in peace. */
export const CONDITIONS = ['alarmed', 'lost', 'passed', 'unheard', 'absent', 'out', 'well'] as const;
export type Condition = (typeof CONDITIONS)[number];
export type Whereabouts = 'in_bed' | 'not_in_bed' | 'unknown';

export interface Glance {
  resident: string;
  name: string;
  team: string | null;
  home: string;
  address: string;
  condition: Condition;
  whereabouts: Whereabouts;
  /** Open ones, the most urgent first. */
  alerts: Alert[];
  /** Those that ended by themselves, and the reader has not looked at. */
  ended: Alert[];
  heardAt: string | null;
}

/** What is known of where somebody lives. */
export interface Place {
  home: string | null;
  address: string | null;
  timezone: string;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** A bed speaks every few seconds; what is older is no present whereabouts. */
const FRESH_MS = 15 * MINUTE;

/** `alerts` are the open ones of this resident, `ended` as in a glance; `place` is left out where it is not known yet. */
export function glanceOf(row: Schema['Latest'], alerts: Alert[], place: Place | undefined, now: number, ended: Alert[] = []): Glance {
  const whereabouts = whereaboutsOf(row, now);
  const night = place !== undefined && isNight(now, place.timezone);
  return {
    resident: row.resident,
    name: row.name || row.resident,
    team: row.team,
    home: place?.home ?? row.resident,
    address: place?.address ?? '',
    condition: conditionOf(row, alerts, ended, whereabouts, night, now),
    whereabouts,
    alerts: [...alerts].sort(byUrgency),
    ended,
    heardAt: row.heard_at,
  };
}

/** The one to look at first before the others; then by name. */
export function byCondition(one: Glance, other: Glance): number {
  return (
    CONDITIONS.indexOf(one.condition) - CONDITIONS.indexOf(other.condition) ||
    firstOf(one, other) ||
    one.name.localeCompare(other.name, undefined, { numeric: true }) ||
    one.resident.localeCompare(other.resident)
  );
}

/** Alerts of somebody who may lie anywhere. */
const OF_EMERGENCY = ['sos', 'fall', 'fall_suspected', 'breathing_stopped'];

/** Whether in bed or not is worth a word in a list: beside an emergency an empty bed would reassure. */
export function tellsWhere({ whereabouts, alerts }: Glance): boolean {
  return whereabouts !== 'unknown' && !alerts.some(({ kind }) => OF_EMERGENCY.includes(kind));
}

/** 21:00 to 07:00 where somebody lives: the nights of the API. */
export function isNight(now: number, zone: string): boolean {
  const hour = hourAt(now, zone);
  return hour >= 21 || hour < 7;
}

/** Whether a device of the home was heard and is not any more, or none was for a day. */
function isLost(row: { heard_at: string | null }, alerts: Alert[], now: number): boolean {
  return alerts.some(isSilence) || (row.heard_at !== null && Date.parse(row.heard_at) < now - DAY);
}

function conditionOf(
  row: Schema['Latest'], alerts: Alert[], ended: Alert[], whereabouts: Whereabouts, night: boolean, now: number,
): Condition {
  if (alerts.some((alert) => !isSilence(alert))) return 'alarmed';
  if (isLost(row, alerts, now)) return 'lost';
  if (ended.length) return 'passed';
  if (row.heard_at === null) return 'unheard'; // nothing has begun that could have ended
  if (row.absence !== null) return 'absent';
  return night && whereabouts === 'not_in_bed' ? 'out' : 'well';
}

function whereaboutsOf(row: Schema['Latest'], now: number): Whereabouts {
  if (row.in_bed === null || row.measured_at === null) return 'unknown';
  if (Date.parse(row.measured_at) < now - FRESH_MS) return 'unknown';
  return row.in_bed ? 'in_bed' : 'not_in_bed';
}

function isSilence(alert: Alert): boolean {
  return alert.kind === 'device_silent';
}

function firstOf(one: Glance, other: Glance): number {
  const [first, second] = [one.alerts[0], other.alerts[0]];
  return first && second ? byUrgency(first, second) : 0;
}
