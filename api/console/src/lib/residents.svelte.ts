/** The residents whom the reader may see: names for alerts, and where they live. */
import { SvelteMap } from 'svelte/reactivity';
import { all, api, type Alert, type Resident } from './api';
import type { Choice } from './form';

/** So many are asked for one by one; to look through the whole list takes longer than that. */
const FEW = 10;

class Residents {
  byId = new SvelteMap<string, Resident>();
  #asked = new Set<string>();

  async load(): Promise<void> {
    for (const resident of await all('/residents')) this.take(resident);
  }

  /** Whom an alert is about: a name, or what there is in place of one. */
  nameOf(alert: Alert): string {
    const { resident, device } = alert;
    return (resident && this.byId.get(resident)?.name) || resident || device || '';
  }

  /** All of them by name, to choose from; they are found by address and id, too. */
  choices(): Choice[] {
    const sorted = [...this.byId.values()].sort((one, other) => one.name.localeCompare(other.name));
    return sorted.map(({ id, name, address }) => ({ value: id, name, more: [address, id].filter(Boolean).join(' · ') }));
  }

  /** Ask who somebody unknown is; once for each, as they may not be ours to see. */
  async meet(ids: Iterable<string | null>): Promise<void> {
    const strangers = [...new Set(ids)].filter((id) => id && !this.byId.has(id) && !this.#asked.has(id)) as string[];
    for (const id of strangers) this.#asked.add(id);
    if (strangers.length > FEW) await this.load();
    else await Promise.all(strangers.map((id) => this.refresh(id)));
  }

  /** Ask for a file anew; what is known of them stays until the answer is there, and where there is none. */
  async refresh(id: string): Promise<void> {
    const found = await api.get('/residents/{resident}', { path: { resident: id } }).catch(() => null);
    if (found) this.take(found); // else not ours to see, or gone: the id stands for them
  }

  /** A file as it was just told, also elsewhere in the console. */
  take(resident: Resident): void {
    this.byId.set(resident.id, resident);
  }

  /** Those of whom was known before. */
  recall(known: Resident[]): void {
    for (const resident of known) this.take(resident);
  }

  forget(): void {
    this.byId.clear();
    this.#asked.clear();
  }
}

export const residents = new Residents();
