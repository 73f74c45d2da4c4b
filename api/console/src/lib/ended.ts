/**
 * What ended by itself before anybody took it: to be looked at once, for twelve hours. Pure but for
 * the storage that is handed in, where it is kept what each reader has looked at.
 */
import type { Alert } from './api';
import { byUrgency } from './urgency';

export const KEPT_MS = 12 * 3_600_000;
const STORED = 'carewatch.looked-at';

/** When each alert was opened, by reader and alert; ms. */
type Looked = Record<string, number>;

export function endedAlone(alert: Alert): boolean {
  return alert.state === 'resolved' && alert.outcome === null;
}

/** What is still to be looked at, the most urgent first. */
export function unseen(alerts: Alert[], looked: ReadonlySet<string>, now: number): Alert[] {
  return alerts
    .filter(({ id, resolved_at }) => !looked.has(id) && Date.parse(resolved_at ?? '') > now - KEPT_MS)
    .sort(byUrgency);
}

/** That a reader has opened an alert; what is too old to be listed is forgotten. */
export function look(storage: Storage, reader: string, alert: string, now: number): void {
  const recent = Object.entries(kept(storage)).filter(([, at]) => at > now - KEPT_MS);
  const looked: Looked = { ...Object.fromEntries(recent), [nameOf(reader, alert)]: now };
  storage.setItem(STORED, JSON.stringify(looked));
}

/** The alerts that a reader has opened. */
export function lookedAt(storage: Storage, reader: string): Set<string> {
  const own = nameOf(reader, '');
  return new Set(Object.keys(kept(storage)).filter((name) => name.startsWith(own)).map((name) => name.slice(own.length)));
}

function nameOf(reader: string, alert: string): string {
  return `${reader} ${alert}`;
}

function kept(storage: Storage): Looked {
  return JSON.parse(storage.getItem(STORED) ?? '{}') as Looked;
}
