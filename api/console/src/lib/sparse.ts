/** Where a line is too short to be seen as one. Pure. */

/** So many values beside each other, and no more, are a speck in a chart of a year. */
const SHORT = 3;

/** The places of values that stand alone, or with two others at most, between values that are missing. */
export function sparseIn(values: (number | null)[]): number[] {
  const found: number[] = [];
  let run: number[] = [];
  for (let place = 0; place <= values.length; place += 1) {
    if (values[place] != null) run.push(place);
    else {
      if (run.length <= SHORT) found.push(...run);
      run = [];
    }
  }
  return found;
}
