/**
 * Alarm sounds, after the pattern of IEC 60601-1-8: a burst of ten pulses for high priority,
 * in two halves of three and two, each pulse a fundamental with its harmonics. A lost line has a
 * sound of its own: three falling tones, low and slow, which nobody takes for an emergency.
 */
export interface Pulse {
  /** Seconds after the beginning of the burst. */
  at: number;
  length: number;
  hertz: number;
}

export interface Pattern {
  pulses: Pulse[];
  /** From the beginning of a burst to that of the next. */
  everyMs: number;
  /** For a telephone that shakes: on, off, on …, in ms. */
  shake: number[];
}

const LENGTH = 0.15;
const PAUSE = 0.1;
const HALVES_APART = 2; // from the beginning of one half to that of the other
const HALF = [0, 1, 2, 4, 5].map((step) => step * (LENGTH + PAUSE));

export const HIGH: Pattern = {
  pulses: [0, HALVES_APART].flatMap((start) => HALF.map((at) => ({ at: start + at, length: LENGTH, hertz: 660 }))),
  everyMs: 8_500,
  shake: [150, 100, 150, 100, 150, 350, 150, 100, 150],
};

export const LOST: Pattern = {
  pulses: [440, 370, 294].map((hertz, step) => ({ at: step * 0.45, length: 0.35, hertz })),
  everyMs: 30_000,
  shake: [],
};

const HARMONICS = [0, 1, 0.6, 0.4, 0.3, 0.2];
const RISE = 0.02;
const LOUD = 0.6;

/** Sound it once, now. */
export function sound(context: AudioContext, { pulses }: Pattern): void {
  const wave = context.createPeriodicWave(Float32Array.from(HARMONICS.map(() => 0)), Float32Array.from(HARMONICS));
  const begin = context.currentTime + 0.05;
  for (const pulse of pulses) pulseOf(context, wave, begin + pulse.at, pulse);
}

function pulseOf(context: AudioContext, wave: PeriodicWave, from: number, { length, hertz }: Pulse): void {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.setPeriodicWave(wave);
  tone.frequency.value = hertz;
  volume.gain.setValueAtTime(0, from);
  volume.gain.linearRampToValueAtTime(LOUD, from + RISE);
  volume.gain.setValueAtTime(LOUD, from + length - RISE);
  volume.gain.linearRampToValueAtTime(0, from + length);
  tone.connect(volume).connect(context.destination);
  tone.start(from);
  tone.stop(from + length);
}
