import { expect, test } from 'vitest';
import type { Alert } from './api';
import { byUrgency, cries, incidentsOf } from './urgency';

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

test('what is of one incident stands together, where its most urgent does', () => {
  const alerts = [
    { ...alert('sos', 'high', 'open', '03'), incident: 'rosa' },
    { ...alert('gas', 'high', 'open', '02'), incident: 'carl' },
    { ...alert('silent', 'low', 'open', '01'), incident: 'rosa' },
  ];
  const groups = incidentsOf(alerts).map((group) => group.map((each) => each.id));
  expect(groups).toEqual([['gas'], ['sos', 'silent']]);
});

test('an alarm sounds for what is high and nobody has', () => {
  expect(cries(alert('a', 'high', 'open', '01'))).toBe(true);
  expect(cries(alert('a', 'high', 'accepted', '01'))).toBe(false);
  expect(cries({ ...alert('a', 'high', 'open', '01'), held_back: true })).toBe(false);
  expect(cries(alert('a', 'medium', 'open', '01'))).toBe(false);
});
