/** Policies as the editor has them. All pure. */
import type { Schema } from './api';

export type Policy = Schema['PolicyAnswer'];
export type Step = Schema['StepAnswer'];
export type Priority = Policy['priority'];

export const PARTIES = ['family', 'backup', 'contacts', 'station', 'responders', 'volunteers', 'centre', 'handover'];
export const PRIORITIES: Priority[] = ['high', 'medium', 'low'];

/** A new step: the next to be asked where the others stay silent. */
export const step = (party = 'centre'): Step => ({ parties: [party], hold_s: 120, quiet: false, repeats: 0 });

/** Parties of a step by their kind; `more` are single people and teams: `person:rosa team:town`. */
export function split(parties: string[]): { known: string[]; more: string[] } {
  return {
    known: parties.filter((party) => !party.includes(':')),
    more: parties.filter((party) => party.includes(':')),
  };
}

/** In force, all teams' first, then team by team, the most urgent first. */
export function inOrder(policies: Policy[]): Policy[] {
  const rank = ({ priority }: Policy) => PRIORITIES.indexOf(priority);
  return [...policies].sort(
    (one, other) =>
      (one.team ?? '').localeCompare(other.team ?? '') ||
      rank(one) - rank(other) ||
      (one.kind ?? '').localeCompare(other.kind ?? ''),
  );
}
