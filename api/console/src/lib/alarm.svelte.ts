/**
 * Sound and vibration on this device. What the reader has chosen is kept in the browser; a
 * browser makes no sound before the page was touched, and `state` says so.
 */
import { HIGH, LOST, sound, type Pattern } from './tones';
import { ticker } from './ticker.svelte';

const STORED = 'carewatch.alarm';
const BURST_MS = 4_000;
export const MUTES_MIN = [5, 15, 60];

export type Hearing = 'unasked' | 'off' | 'blocked' | 'muted' | 'on';
export type Need = 'high' | 'lost' | null;
const PATTERNS: Record<'high' | 'lost', Pattern> = { high: HIGH, lost: LOST };

interface Kept {
  /** Null until the reader has chosen. */
  wanted: boolean | null;
  /** Others rely on this screen: it also sounds when its line is lost. */
  station: boolean;
  mutedUntil: number;
}

class Alarm {
  kept = $state.raw<Kept>(remembered());
  state = $derived.by<Hearing>(() => {
    if (this.kept.wanted === null) return 'unasked';
    if (!this.kept.wanted) return 'off';
    if (ticker.now < this.kept.mutedUntil) return 'muted';
    return this.#awake ? 'on' : 'blocked';
  });

  #awake = $state(false);
  #context: AudioContext | null = null;
  #soundedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    if (this.kept.wanted) this.#wake();
    for (const touch of ['pointerdown', 'keydown'] as const) {
      addEventListener(touch, () => this.kept.wanted && !this.#awake && this.#wake());
    }
  }

  /** Switch on, and sound once; only after a touch does a browser obey. */
  tryIt(): void {
    this.set({ wanted: true, mutedUntil: 0 });
    this.#wake();
    this.#sound(HIGH);
  }

  set(change: Partial<Kept>): void {
    this.kept = { ...this.kept, ...change };
    localStorage.setItem(STORED, JSON.stringify(this.kept));
  }

  /** Silent for so long, and not a minute longer. */
  mute(minutes: number): void {
    this.set({ mutedUntil: Date.now() + minutes * 60_000 });
  }

  /** Sound again and again until the next call; null: be quiet. */
  keep(need: Need): void {
    clearTimeout(this.#timer);
    if (need === null) return;
    this.#sound(PATTERNS[need]);
    this.#timer = setTimeout(() => this.keep(need), PATTERNS[need].everyMs);
  }

  /** One burst at a time: two together are neither louder nor clearer. */
  #sound(pattern: Pattern): void {
    if (Date.now() - this.#soundedAt < BURST_MS) return;
    this.#soundedAt = Date.now();
    if (this.#context) sound(this.#context, pattern);
    if (pattern.shake.length) navigator.vibrate?.(pattern.shake);
  }

  #wake(): void {
    const context = (this.#context ??= new AudioContext());
    context.onstatechange = () => (this.#awake = context.state === 'running');
    this.#awake = context.state === 'running';
    void context.resume();
  }
}

function remembered(): Kept {
  const kept = JSON.parse(localStorage.getItem(STORED) ?? '{}');
  return {
    wanted: typeof kept.wanted === 'boolean' ? kept.wanted : null,
    station: kept.station === true,
    mutedUntil: Number(kept.mutedUntil) || 0,
  };
}

export const alarm = new Alarm();
