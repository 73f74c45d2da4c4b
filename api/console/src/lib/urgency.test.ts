import { expect, test } from 'vitest';
import type { Alert } from './api';
import { byUrgency } from './urgency';

const alert = (id: string, priority: string, state: string, at: string) =>
  ({ id, priority, state, raised_at: at }) as Alert;

test('high first, then whom nobody has, then who has waited longest', () => {
  const alerts = [
    alert('low', 'low', 'open', '01'),
    alert('taken', 'high', 'accepted', '02'),
    alert('newer', 'high', 'open', '04'),
    alert('older', 'high', 'open', '03'),
  ];
  expect(alerts.sort(byUrgency).map((each) => each.id)).toEqual(['older', 'newer', 'taken', 'low']);
});
