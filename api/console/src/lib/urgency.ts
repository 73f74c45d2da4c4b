/** The order in which alerts want to be seen, and which of them belong together. */
import type { Alert, Priority } from './api';

const RANK: Record<Priority, number> = { high: 0, medium: 1, low: 2 };

/** High before low; whom nobody has before who is looked after; the older before the newer. */
export function byUrgency(one: Alert, other: Alert): number {
  return (
    RANK[one.priority] - RANK[other.priority] ||
    Number(one.state !== 'open') - Number(other.state !== 'open') ||
    one.raised_at.localeCompare(other.raised_at) ||
    one.id.localeCompare(other.id)
  );
}

/** Alerts of one incident together, where the most urgent of them stands. */
export function incidentsOf(alerts: Iterable<Alert>): Alert[][] {
  const incidents = new Map<string, Alert[]>();
  for (const alert of [...alerts].sort(byUrgency)) {
    const known = incidents.get(alert.incident);
    if (known) known.push(alert);
    else incidents.set(alert.incident, [alert]);
  }
  return [...incidents.values()];
}

/** An emergency that nobody has yet: what an alarm sounds for. */
export function cries(alert: Alert): boolean {
  return alert.priority === 'high' && alert.state === 'open' && !alert.held_back;
}
