/** How everybody is at this moment, asked for again every minute; alerts are live besides. */
import { all, type Alert, type Schema } from './api';
import { glanceOf, type Glance } from './condition';
import { ended } from './ended.svelte';
import { feed } from './feed.svelte';
import { residents } from './residents.svelte';
import { ticker } from './ticker.svelte';

const AGAIN_MS = 60_000;

export class Latest {
  rows = $state.raw<Schema['Latest'][]>([]);
  /** When the rows were told, in ms; null before the first time. */
  at = $state<number | null>(null);
  /** Why they could not be had the last time. */
  error = $state.raw<unknown>(null);
  glances = $derived(this.#glances());
  #lost = $derived(feed.lostAt !== null);

  /** Whom to ask for: a team with all below it, one resident, or everybody. */
  constructor(readonly asked: () => { team?: string; resident?: string }) {}

  /** Ask now and every minute; for an effect, which ends it with what is returned, and asks again when the line is back. */
  follow(): () => void {
    void this.#lost;
    void this.load();
    const timer = setInterval(() => void this.load(), AGAIN_MS);
    return () => clearInterval(timer);
  }

  load = async (): Promise<void> => {
    const asked = this.asked();
    try {
      const rows = await all('/latest', { limit: 1000, ...asked });
      await residents.meet(rows.map((row) => row.resident)).catch(() => {});
      [this.rows, this.at, this.error] = [rows, Date.now(), null];
    } catch (error) {
      this.error = error;
    }
  };

  #glances(): Glance[] {
    const [open, passed] = [byResident(feed.alerts.values()), byResident(ended.waiting)];
    return this.rows.map((row) => {
      const place = residents.byId.get(row.resident);
      return glanceOf(row, open.get(row.resident) ?? [], place, ticker.minute, passed.get(row.resident));
    });
  }
}

function byResident(alerts: Iterable<Alert>): Map<string, Alert[]> {
  const found = new Map<string, Alert[]>();
  for (const alert of alerts) {
    if (alert.resident) found.set(alert.resident, [...(found.get(alert.resident) ?? []), alert]);
  }
  return found;
}
