/** What ended by itself and the reader has not looked at yet: one list for every screen. */
import { api, type Alert } from './api';
import { KEPT_MS, look, lookedAt, unseen } from './ended';
import { language, t } from './i18n.svelte';
import { residents } from './residents.svelte';
import { session } from './session.svelte';
import { ticker } from './ticker.svelte';
import { byClock, clock, span } from './time';

class Ended {
  #alerts = $state.raw<Alert[]>([]);
  #looked = $state.raw<ReadonlySet<string>>(new Set());
  /** The most urgent first. */
  waiting = $derived(unseen(this.#alerts, this.#looked, ticker.minute));

  async load(): Promise<void> {
    const untaken_since = new Date(Date.now() - KEPT_MS).toISOString();
    const found = await api.get('/alerts', { query: { untaken_since } }).catch(() => null); // the red band tells it
    if (!found) return;
    [this.#alerts, this.#looked] = [found.items, lookedAt(localStorage, this.#reader)];
    await residents.meet(found.items.map((alert) => alert.resident)).catch(() => {});
  }

  /** The reader has opened it. */
  look(alert: string): void {
    look(localStorage, this.#reader, alert, Date.now());
    this.#looked = lookedAt(localStorage, this.#reader);
  }

  forget(): void {
    this.#alerts = [];
  }

  get #reader(): string {
    return session.me?.username ?? '';
  }
}

export const ended = new Ended();

/** When it was, for how long, and that it ended by itself; by the clock of the resident. */
export function endedSaid(alert: Alert): string {
  const [from, until] = [Date.parse(alert.since), Date.parse(alert.resolved_at ?? '')];
  const zone = residents.byId.get(alert.resident ?? '')?.timezone;
  const time = byClock(clock(from, ticker.minute, language.locale, zone), from, language.locale, zone);
  return t('ended.said', { time, span: span(until - from, language.locale) });
}
