/**
 * What was last seen, for a start without a network: who was logged in, and the open alerts.
 *
 * It lies in the browser's storage no longer than the login lasts, without what was measured and
 * without notes, and is gone with the log-out. Of their own residents, family keep whom to call.
 * Pure but for the storage that is handed in.
 */
import type { Alert, Me, Resident, Schema } from './api';

export interface LastSeen {
  at: number;
  me: Me;
  alerts: Alert[];
  residents: Resident[];
}

const STORED = 'carewatch.last-seen';
/** The most urgent; more than a reader without a network can do anything about. */
export const MOST = 200;

export function keep(storage: Storage, { at, me, alerts, residents }: LastSeen): void {
  const few = alerts.slice(0, MOST);
  const met = new Set(few.map((alert) => alert.resident));
  const bare = few.map((alert) => ({ ...alert, evidence: {}, note: null }));
  const named = residents
    .filter((one) => met.has(one.id))
    .map((one) => ({ ...nameAndPlace(one), ...(me.residents.includes(one.id) ? toCall(one) : {}) }));
  try {
    storage.setItem(STORED, JSON.stringify({ at, me, alerts: bare, residents: named }));
  } catch {
    forget(storage); // no room: nothing is better than something old
  }
}

/** What was kept, unless the login is over by now: then it is forgotten. */
export function recall(storage: Storage, now: number): LastSeen | null {
  const stored = storage.getItem(STORED);
  if (stored === null) return null;
  const seen = JSON.parse(stored) as LastSeen;
  if (Date.parse(seen.me.expires_at) > now) return seen;
  forget(storage);
  return null;
}

export function forget(storage: Storage): void {
  storage.removeItem(STORED);
}

/** How to find somebody, and nothing of how they are. */
function nameAndPlace(resident: Resident): Resident {
  return {
    ...resident, abilities: null, risks: null, medication: null, doctor: null, consents: [],
    thresholds: {}, contacts: [], phone: null, birth_year: null,
  };
}

/** Who can be called, and who has a key; not what was noted of them. */
function toCall({ phone, contacts }: Resident): Pick<Resident, 'phone' | 'contacts'> {
  return { phone, contacts: (contacts as unknown as Schema['Contact'][]).map((one) => ({ ...one, note: null })) };
}
