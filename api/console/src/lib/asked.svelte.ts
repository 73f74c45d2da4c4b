/** What the reader is asked at this moment, by alert: until when, and whether it is a hand-over. */
import { SvelteMap } from 'svelte/reactivity';
import { api, type Schema } from './api';

export type Asked = Schema['Asked'];

/** Many changes arrive together; one question answers for all of them. */
const GATHER_MS = 400;

class Offers {
  byAlert = new SvelteMap<string, Asked>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Ask again, soon. */
  refresh(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#load().catch(() => {}); // the red band tells that nothing answers
    }, GATHER_MS);
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.byAlert.clear();
  }

  async #load(): Promise<void> {
    const { items } = await api.get('/me/offers');
    this.byAlert.clear();
    for (const one of items) this.byAlert.set(one.alert, one);
  }
}

export const asked = new Offers();
