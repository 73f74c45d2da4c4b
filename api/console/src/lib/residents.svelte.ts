/** The residents whom the reader may see: names for alerts, and where they live. */
import { SvelteMap } from 'svelte/reactivity';
import { all, type Alert, type Resident } from './api';

class Residents {
  byId = new SvelteMap<string, Resident>();
  #asked = new Set<string>();

  async load(): Promise<void> {
    for (const resident of await all('/residents')) this.byId.set(resident.id, resident);
  }

  /** Whom an alert is about: a name, or what there is in place of one. */
  nameOf(alert: Alert): string {
    const { resident, device } = alert;
    return (resident && this.byId.get(resident)?.name) || resident || device || '';
  }

  /** Look again where somebody is unknown; once for each, as they may not be ours to see. */
  async meet(ids: Iterable<string | null>): Promise<void> {
    const strangers = [...ids].filter((id) => id && !this.byId.has(id) && !this.#asked.has(id));
    if (!strangers.length) return;
    for (const id of strangers) this.#asked.add(id as string);
    await this.load();
  }

  /** Those of whom was known before. */
  recall(known: Resident[]): void {
    for (const resident of known) this.byId.set(resident.id, resident);
  }

  forget(): void {
    this.byId.clear();
    this.#asked.clear();
  }
}

export const residents = new Residents();
