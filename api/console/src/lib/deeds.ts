/** What a person can do with an alert now, the likeliest first. The API has the last word. */
import { api, type Alert, type Schema } from './api';
import type { Asked } from './asked.svelte';

export type Deed =
  | 'accept' | 'reject' | 'take-over' | 'decline' | 'on-the-way' | 'arrive' | 'resolve'
  | 'hand-over' | 'withdraw' | 'join' | 'leave';

/** `offer` is what the reader is asked, if anything: only then is there something to decline. */
export function deedsOf(alert: Alert, username: string, offer?: Asked): Deed[] {
  if (alert.state === 'resolved') return [];
  if (alert.state === 'open') return offer ? ['accept', 'reject', 'resolve'] : ['accept', 'resolve'];
  if (alert.accepted_by !== username) return ofAnothers(alert, username, offer);
  const left: Deed[] = ['on-the-way', 'arrive', 'resolve'];
  const done = { accepted: 0, responding: 1, on_site: 2 }[alert.state];
  const late: Deed[] = alert.state === 'responding' ? ['on-the-way'] : []; // with another estimate
  return [...left.slice(done), ...late, 'hand-over', 'withdraw'];
}

function ofAnothers(alert: Alert, username: string, offer?: Asked): Deed[] {
  const help: Deed = alert.helpers.includes(username) ? 'leave' : 'join';
  return offer?.handed_by ? ['take-over', 'decline', help] : [help];
}

export type Said =
  Schema['Remark'] | Schema['Estimate'] | Schema['Resolution'] | Schema['HandOver'];

const CALLS = { 'take-over': 'accept', decline: 'reject' } as const;

/** Do it; the alert as it is afterwards. A Problem says who was faster. */
export function perform(alert: Alert, deed: Deed, said: Said = {}): Promise<Alert> {
  const where = { alert: alert.id };
  if (deed === 'resolve') {
    return api.post('/alerts/{alert}/resolve', { path: where, body: said as Schema['Resolution'] });
  }
  if (deed === 'hand-over') {
    return api.post('/alerts/{alert}/hand-over', { path: where, body: said as Schema['HandOver'] });
  }
  const call = deed === 'take-over' || deed === 'decline' ? CALLS[deed] : deed;
  return api.post(`/alerts/{alert}/${call}`, { path: where, body: said as Schema['Remark'] });
}
