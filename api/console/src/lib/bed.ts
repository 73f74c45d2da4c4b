/** When somebody was in bed, out of what the bed told: pure. */
import type { Schema } from './api';

export interface Rest {
  from: number;
  to: number;
}

/** Between going to bed and leaving it; what began before or goes on after is cut at the ends. */
export function restsOf(events: Schema['Happening'][], from: number, to: number): Rest[] {
  const told = events
    .filter(({ event }) => event === 'bed_entry' || event === 'bed_exit')
    .map(({ event, at }) => ({ enters: event === 'bed_entry', at: Date.parse(at) }))
    .sort((a, b) => a.at - b.at);
  const rests: Rest[] = [];
  let since: number | null = told[0] && !told[0].enters ? from : null;
  for (const { enters, at } of told) {
    if (enters) since ??= at;
    else if (since !== null) {
      rests.push({ from: since, to: at });
      since = null;
    }
  }
  if (since !== null) rests.push({ from: since, to });
  return rests;
}
