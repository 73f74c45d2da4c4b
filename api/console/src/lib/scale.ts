/** The upright axis of a chart: from where to where, in which steps, how wide. All pure. */

/** A little room above and below what was told; round what never changes as much as can be read. */
export function rangeOf(low: number | null, high: number | null, digits: number): [number, number] {
  if (low === null || high === null) return [0, 1];
  const room = Math.max((high - low) / 10, 2 * 10 ** -digits);
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}

/** Steps that people count in, none finer than what is told: 1, 2, 5, 10, and so on. */
export function stepsOf(digits: number): number[] {
  return Array.from({ length: 8 }, (_, power) => power - digits).flatMap((power) => [1, 2, 5].map((step) => Number((step * 10 ** power).toFixed(digits))));
}

/** Pixels for the longest of these labels and its tick. */
export function widthOf(labels: string[] | null): number {
  return Math.max(44, 18 + 8 * Math.max(0, ...(labels ?? []).map((label) => label.length)));
}
