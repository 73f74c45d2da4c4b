/** What a person can do with an alert now, the likeliest first. The API has the last word. */
import { api, type Alert, type Schema } from './api';

export type Deed =
  | 'accept' | 'reject' | 'on-the-way' | 'arrive' | 'resolve' | 'withdraw' | 'join' | 'leave';

export function deedsOf(alert: Alert, username: string): Deed[] {
  if (alert.state === 'resolved') return [];
  if (alert.state === 'open') return ['accept', 'reject'];
  if (alert.accepted_by !== username) return [alert.helpers.includes(username) ? 'leave' : 'join'];
  const left: Deed[] = ['on-the-way', 'arrive', 'resolve'];
  const done = { accepted: 0, responding: 1, on_site: 2 }[alert.state];
  return [...left.slice(done), 'withdraw'];
}

export type Said = Schema['Remark'] | Schema['Estimate'] | Schema['Resolution'];

/** Do it; the alert as it is afterwards. A Problem says who was faster. */
export function perform(alert: Alert, deed: Deed, said: Said = {}): Promise<Alert> {
  const where = { alert: alert.id };
  if (deed === 'resolve') {
    return api.post('/alerts/{alert}/resolve', { path: where, body: said as Schema['Resolution'] });
  }
  return api.post(`/alerts/{alert}/${deed}`, { path: where, body: said as Schema['Remark'] });
}
