/** The order in which alerts want to be seen. */
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
