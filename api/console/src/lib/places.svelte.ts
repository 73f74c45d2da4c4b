/** In which room a device stands, or where it is worn; asked once for each that is shown. */
import { SvelteMap } from 'svelte/reactivity';
import { api, type Alert } from './api';
import { placeKey } from './devices';
import { language } from './i18n.svelte';

/** A place in the reader's words; a free text as it is. */
export function placeName(place: string | null): string {
  return place ? (language.messages[`place.${placeKey(place)}`] ?? place) : '';
}

class Places {
  #byDevice = new SvelteMap<string, string>();
  #wanted = new Set<string>();

  /** The place of an alert: what the event said, else where the device stands; empty if unknown. */
  of(alert: Alert): string {
    const said = alert.evidence.place;
    if (typeof said === 'string') return said;
    const device = alert.device ?? alert.sources[0];
    return (device && this.#byDevice.get(device)) ?? '';
  }

  /** Ask for the rooms of these, unless they are known. */
  async meet(alerts: Alert[]): Promise<void> {
    const devices = alerts.filter((alert) => !alert.evidence.place).map((alert) => alert.device ?? alert.sources[0]);
    for (const device of devices) {
      if (!device || this.#wanted.has(device)) continue;
      this.#wanted.add(device);
      const place = await api.get('/devices/{device}', { path: { device } }).then(
        (found) => found.place,
        () => null, // not ours to see, or gone: then there is no room to tell
      );
      if (place) this.#byDevice.set(device, place);
    }
  }
}

export const places = new Places();
