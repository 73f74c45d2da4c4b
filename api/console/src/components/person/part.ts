/** What each part of the screen of a person is handed. */
import type { Resident, Schema } from '../../lib/api';
import type { Glance } from '../../lib/condition';

export interface PartProps {
  resident: Resident;
  /** How they are now, with the open alerts; undefined until it is told. */
  glance: Glance | undefined;
  /** What was measured last; undefined until it is told. */
  row: Schema['Latest'] | undefined;
  /** Their file as it is after a change. */
  changed: (after: Resident) => void;
}
