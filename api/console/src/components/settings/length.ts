import { many } from '../../lib/i18n.svelte';

/** A length of time as one says it; seconds only where it is no whole minute. */
export function length(seconds: number): string {
  return seconds % 60 === 0 ? many('policies.minutes', seconds / 60) : many('policies.seconds', seconds);
}
