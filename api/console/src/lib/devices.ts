/** What one can tell of a device at a glance, and who may do what with it. All pure. */
import type { Schema } from './api';
import { holds } from './search';

export type Device = Schema['Device'];
export type Listed = Schema['ListedDevice'];
export type Contact = 'heard' | 'silent' | 'never';
export interface Sought {
  text: string;
  kind: string;
  contact: string;
  vendor: string;
  weak: boolean;
  /** Of which something was refused within a day. */
  refused: boolean;
}

export const DEVICE_KINDS: Device['kind'][] = ['bed', 'fall', 'button', 'ambient', 'bridge', 'display'];
export const ALL: Sought = { text: '', kind: '', contact: '', vendor: '', weak: false, refused: false };

/** Below it a battery is to be changed soon, in %. */
export const WEAK = 20;
const GRACE_MS = 60_000;
/** So long a device may say nothing that promises no interval. */
const UNPROMISED_MS = 24 * 3_600_000;

/** Silent is who said goodbye, or has missed three of its own intervals and a minute. */
export function contactOf({ heard_at, online, interval_s }: Device, now: number): Contact {
  if (!heard_at) return 'never';
  const patience = interval_s ? 3000 * interval_s + GRACE_MS : UNPROMISED_MS;
  return online === false || now - Date.parse(heard_at) > patience ? 'silent' : 'heard';
}

export function isWeak({ battery }: Device): boolean {
  return battery !== null && battery < WEAK;
}

/** Whether a device is among those that are looked for. `texts` are what is said of it besides its id. */
export function fits(device: Listed, sought: Sought, texts: (string | null)[], now: number): boolean {
  return (
    holds(sought.text, device.id, ...texts.map((text) => text ?? '')) &&
    (!sought.kind || device.kind === sought.kind) &&
    (!sought.vendor || device.vendor === sought.vendor) &&
    (!sought.contact || contactOf(device, now) === sought.contact) &&
    (!sought.weak || isWeak(device)) &&
    (!sought.refused || device.refused_day > 0)
  );
}

/** Where on a body a device may be. */
const WORN = new Set(['wrist', 'waist', 'chest', 'neck', 'pocket']);

/** A place by its name in the messages: "Living room" is `living_room`, "worn on the wrist" `wrist`. */
export function placeKey(place: string): string {
  const plain = place.trim().toLowerCase();
  return plain.replace(/^worn (on|at|around|in) (the )?/, '').replace(/[\s-]+/g, '_');
}

/** Whether a place is one on a body: it tells nothing of the room. */
export function isWorn(place: string): boolean {
  return WORN.has(placeKey(place));
}

/** What stands in the QR code; docs/console.md describes it. */
export function code({ mqtt, id, secret }: Pick<Schema['NewSecret'], 'mqtt' | 'id' | 'secret'>): string {
  return JSON.stringify({ mqtt, id, secret });
}
