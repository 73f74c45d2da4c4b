import type { Schema } from '../../lib/api';

/** Kinds of alerts, in the order in which one looks for them. */
export const KINDS: Schema['Trial']['kind'][] = [
  'sos', 'fall', 'fall_suspected', 'breathing_stopped', 'heart_rate_high', 'heart_rate_low', 'respiration_high',
  'respiration_low', 'spo2_low', 'blood_pressure', 'body_temperature', 'weight_change', 'bed_exit_long', 'not_up',
  'inactivity', 'trend', 'smoke', 'gas', 'carbon_monoxide', 'water_leak', 'device_silent', 'battery_low',
  'device_fault', 'clock_skew', 'button_test_overdue', 'ambient_unusual',
];
