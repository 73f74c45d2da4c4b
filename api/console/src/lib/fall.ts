/** The acceleration around a fall, as a chart wants it: pure. */
import type { Schema } from './api';

export interface Motion {
  /** Milliseconds since 1970, ascending; a gap between messages is a null. */
  times: number[];
  /** How strongly the sensor was shaken or pulled, in g; 1 at rest. */
  strength: (number | null)[];
  impactAt: number | null;
  /** From when on the body lay still; null where it did not. */
  stillFrom: number | null;
}

const AT_REST = 0.15; // away from 1 g
const STILL_MS = 1_500;
const APART_MS = 30_000;

/** Waves of one fall together: who falls again an hour later has a picture of their own. */
export function fallsOf(waves: Schema['Waveform'][]): Schema['Waveform'][][] {
  const falls: Schema['Waveform'][][] = [];
  let until = -Infinity;
  for (const wave of waves.filter((one) => one.signal === 'acceleration').sort((a, b) => a.t - b.t)) {
    if (wave.t - until > APART_MS) falls.push([]);
    falls.at(-1)?.push(wave);
    until = wave.t + (wave.x.length * 1000) / wave.rate;
  }
  return falls;
}

/** The waves of one fall, in order. */
export function motionOf(waves: Schema['Waveform'][]): Motion {
  const times: number[] = [];
  const strength: (number | null)[] = [];
  for (const wave of waves) {
    const last = times.at(-1);
    if (last !== undefined && wave.t - last > 2_000 / wave.rate) {
      times.push((last + wave.t) / 2);
      strength.push(null);
    }
    wave.x.forEach((x, n) => {
      times.push(wave.t + (n * 1000) / wave.rate);
      strength.push(lengthOf(x, wave.y[n], wave.z[n]));
    });
  }
  const impact = strongest(strength);
  const impactAt = impact === null ? null : (times[impact] ?? null);
  return { times, strength, impactAt, stillFrom: impact === null ? null : stillAfter(impact, times, strength) };
}

function lengthOf(x: number | null, y: number | null | undefined, z: number | null | undefined): number | null {
  return x == null || y == null || z == null ? null : Math.hypot(x, y, z);
}

function strongest(strength: (number | null)[]): number | null {
  let found: number | null = null;
  strength.forEach((value, n) => {
    if (value !== null && value > (found === null ? 0 : (strength[found] ?? 0))) found = n;
  });
  return found;
}

/** The first moment after the impact from which on nothing moved for a while. */
function stillAfter(impact: number, times: number[], strength: (number | null)[]): number | null {
  let from: number | null = null;
  for (let n = impact + 1; n < times.length; n++) {
    const value = strength[n];
    if (value != null && Math.abs(value - 1) > AT_REST) from = null;
    else from ??= times[n] ?? null;
    if (from !== null && (times[n] ?? 0) - from >= STILL_MS) return from;
  }
  return null;
}
