/**
 * The open alerts, live: the only place that keeps them.
 *
 * A stream of our own instead of EventSource, because that hides the comments by which the
 * server says every 15 s that it is still there: a dead line would look like a quiet night.
 */
import { SvelteMap } from 'svelte/reactivity';
import { openFeed, Problem, type Alert } from './api';
import { events, type ServerEvent } from './events';

/** Two of the server's comments missed, and a little. */
const SILENCE_MS = 40_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

class Feed {
  alerts = new SvelteMap<string, Alert>();
  /** Whether the alerts were told at all since the login. */
  told = $state(false);
  /** Since when nothing is heard, in ms; null while all is well. What is shown is as old. */
  lostAt = $state<number | null>(null);
  /** Counts what has ended: whoever shows that asks again with each. */
  ended = $state(0);

  #heardAt = Date.now();
  #lastId: string | null = null;
  #life: AbortController | null = null;
  #line: AbortController | null = null;

  /** Follow until `stop`; a lost line is dialled again, and nothing in between is missed. */
  start(): void {
    this.stop();
    this.#life = new AbortController();
    this.#heardAt = Date.now();
    addEventListener('offline', this.#drop);
    addEventListener('online', this.#drop);
    void this.#follow(this.#life.signal);
  }

  /** Show what was seen last, as old as it is, until the line is there. */
  recall(alerts: Alert[], at: number): void {
    for (const alert of alerts) this.alerts.set(alert.id, alert);
    this.told = true;
    this.lostAt = this.#heardAt = at;
  }

  /** Forget everything: the next who logs in is somebody else. */
  stop(): void {
    this.#life?.abort();
    this.#life = this.#lastId = this.lostAt = null;
    this.told = false;
    this.alerts.clear();
    removeEventListener('offline', this.#drop);
    removeEventListener('online', this.#drop);
  }

  /** An answer to an action tells the same as the feed, perhaps earlier. */
  take(alert: Alert): void {
    if ((this.alerts.get(alert.id)?.sequence ?? -1) > alert.sequence) return;
    if (alert.state !== 'resolved') this.alerts.set(alert.id, alert);
    else {
      this.alerts.delete(alert.id);
      this.ended += 1;
    }
  }

  async #follow(life: AbortSignal): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !life.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const before = this.#heardAt;
      try {
        await this.#listen(life);
      } catch (error) {
        if (error instanceof Problem && error.status === 401) return; // the session tells it
      }
      if (life.aborted) return;
      this.lostAt ??= this.#heardAt;
      if (this.#heardAt > before) wait = FIRST_WAIT_MS;
      await pause(wait, life);
    }
  }

  /** One connection, until it ends or falls silent. */
  async #listen(life: AbortSignal): Promise<void> {
    const line = new AbortController();
    this.#line = line;
    const signal = AbortSignal.any([life, line.signal]);
    let watchdog = setTimeout(this.#drop, SILENCE_MS);
    const heard = () => {
      this.#heardAt = Date.now();
      if (this.told) this.lostAt = null;
      clearTimeout(watchdog);
      watchdog = setTimeout(this.#drop, SILENCE_MS);
    };
    try {
      const stream = await openFeed(this.#lastId, signal);
      if (this.#lastId !== null) heard();
      for await (const event of events(stream, heard)) this.#took(event);
    } finally {
      clearTimeout(watchdog);
    }
  }

  #took({ event, id, data }: ServerEvent): void {
    const said = JSON.parse(data);
    if (event === 'snapshot') this.#begin(said.alerts);
    else this.take(said);
    this.#lastId = id;
  }

  #begin(alerts: Alert[]): void {
    this.alerts.clear();
    for (const alert of alerts) this.alerts.set(alert.id, alert);
    this.told = true;
    this.lostAt = null;
  }

  #drop = (): void => this.#line?.abort();
}

export const feed = new Feed();

/** Waits, but not beyond the life of the feed, and not while the network has just come back. */
function pause(ms: number, life: AbortSignal): Promise<void> {
  return new Promise((resume) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      life.removeEventListener('abort', done);
      resume();
    };
    const timer = setTimeout(done, ms);
    addEventListener('online', done);
    life.addEventListener('abort', done);
  });
}
