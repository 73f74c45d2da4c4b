/** What happened, in plain words: a sentence for each kind of alert, out of its evidence. */
import type { Alert } from './api';
import { language, many, number, t, word, type Key } from './i18n.svelte';
import { placeName } from './places.svelte';
import { clock, span } from './time';

type Evidence = Alert['evidence'];
type Tell = (evidence: Evidence, alert: Alert, zone?: string) => string;

const figure = (evidence: Evidence, name: string): number | null =>
  typeof evidence[name] === 'number' ? (evidence[name] as number) : null;
const text = (evidence: Evidence, name: string): string =>
  typeof evidence[name] === 'string' ? (evidence[name] as string) : '';
const lasting = (seconds: number) => span(seconds * 1000, language.locale);

/** A value with its quantity and unit: "Heart rate 142 a minute". */
function measured(quantity: string, value: number | null, unit: string): string {
  if (value === null) return word('quantity', quantity);
  return t('happened.measured', { quantity: word('quantity', quantity), value: number(value, 1), unit: word('unit', unit) });
}

/** A value beyond a limit: whose limit that is, and for how long. */
function beyond(evidence: Evidence): string {
  const value = figure(evidence, 'value');
  const limit = figure(evidence, 'limit');
  const what = measured(text(evidence, 'quantity'), value, text(evidence, 'unit'));
  if (value === null || limit === null) return t('happened.said', { what });
  const origin = text(evidence, 'limit_is') === 'learned' || text(evidence, 'limit_is') === 'recent' ? 'own' : 'given';
  const side = value >= limit ? 'above' : 'below';
  const [low, high] = Array.isArray(evidence.own_range) ? (evidence.own_range as number[]) : [];
  const said =
    origin === 'own' && low != null && high != null
      ? t(`happened.${side}.range`, { what, low: number(low), high: number(high) })
      : t(`happened.${side}.${origin}`, { what, limit: number(limit, 1) });
  const dwell = figure(evidence, 'dwell_s');
  return dwell ? t('happened.for', { said, span: lasting(dwell) }) : t('happened.said', { what: said });
}

function pressed(evidence: Evidence): string {
  return inPlace(t('happened.sos'), evidence);
}

function inPlace(said: string, evidence: Evidence): string {
  const place = text(evidence, 'place');
  return place ? t('happened.in_place', { said, place: placeName(place) }) : t('happened.said', { what: said });
}

function fell(evidence: Evidence, alert: Alert): string {
  const peak = figure(evidence, 'peak_g');
  if (peak !== null) {
    const still = lasting(Math.round(figure(evidence, 'stillness_s') ?? 0));
    const turned = number(figure(evidence, 'posture_change_deg') ?? 0);
    return t('happened.impact', { peak: number(peak, 1), still, turned });
  }
  const silent = figure(evidence, 'no_sign_of_life_s');
  if (silent !== null) return t('happened.fall_silent', { span: lasting(silent) });
  return inPlace(t(alert.kind === 'fall' ? 'happened.fall' : 'happened.fall_suspected'), evidence);
}

function awayFromBed(evidence: Evidence): string {
  const minutes = figure(evidence, 'away_min') ?? figure(evidence, 'limit_min') ?? 0;
  const said = t('happened.bed_exit', { span: lasting(Math.round(minutes) * 60) });
  const night = text(evidence, 'usual_night');
  return night ? `${said} ${t('happened.usual_night', { night })}` : said;
}

function stillInBed(evidence: Evidence): string {
  const hours = number(figure(evidence, 'in_bed_h') ?? 0, 1);
  const usual = text(evidence, 'usually_up_by');
  return usual ? t('happened.not_up', { hours, usual }) : t('happened.in_bed', { hours });
}

function quiet(evidence: Evidence): string {
  const said = t('happened.inactivity', { span: lasting(Math.round(figure(evidence, 'quiet_min') ?? 0) * 60) });
  const limit = figure(evidence, 'limit_min');
  const usual = limit === null ? '' : ` ${t('happened.inactivity_usual', { span: lasting(Math.round(limit) * 60) })}`;
  return said + usual + (evidence.may_be_out ? ` ${t('happened.may_be_out')}` : '');
}

const DRIFTS = ['heart_rate', 'respiration_rate', 'time_out_of_bed', 'restlessness'];

function drifted(evidence: Evidence): string {
  const figures = DRIFTS.filter((name) => evidence[name]).map((name) => {
    const { usual, last_nights, unit } = evidence[name] as { usual: number | null; last_nights: number | null; unit: string };
    const tell = (value: number | null) => (value === null ? '?' : number(value, 1));
    return t('happened.drift', { quantity: word('quantity', name), last: tell(last_nights), usual: tell(usual), unit: word('unit', unit) });
  });
  return [t('happened.trend'), ...figures].join(' ');
}

function weighed(evidence: Evidence): string {
  const change = figure(evidence, 'change');
  const days = figure(evidence, 'within_days');
  const kg = number(figure(evidence, 'value') ?? 0, 1);
  if (change === null || days === null) return t('happened.weight', { kg });
  const key: Key = change > 0 ? 'happened.weight_more' : 'happened.weight_less';
  return t(key, { change: number(Math.abs(change), 1), days, kg });
}

function unheard(evidence: Evidence, alert: Alert, zone?: string): string {
  const last = text(evidence, 'last_heard') || alert.since;
  return t('happened.device_silent', { time: clock(Date.parse(last), Date.now(), language.locale, zone) });
}

function broken(evidence: Evidence): string {
  const event = text(evidence, 'event');
  if (event) return t(event === 'tamper' ? 'happened.tamper' : 'happened.fault', { detail: text(evidence, 'detail') });
  const cause = text(evidence, 'cause');
  if (cause === 'stuck') return t('happened.stuck', { span: lasting(figure(evidence, 'for_s') ?? 0) });
  if (cause === 'implausible') return many('happened.implausible', figure(evidence, 'refused') ?? 0);
  return t('happened.broken');
}

function clockIsWrong(evidence: Evidence): string {
  const offset = figure(evidence, 'offset_s');
  if (offset === null) return t('happened.clock');
  return t(offset > 0 ? 'happened.clock_ahead' : 'happened.clock_behind', { span: lasting(Math.abs(Math.round(offset))) });
}

function unusual(evidence: Evidence): string {
  const value = figure(evidence, 'value');
  const usual = figure(evidence, 'usual');
  const what = measured(text(evidence, 'quantity'), value, text(evidence, 'unit'));
  return usual === null ? t('happened.said', { what }) : t('happened.ambient', { what, usual: number(usual, 1) });
}

const detected =
  (key: Key): Tell =>
  (evidence) =>
    inPlace(t(key), evidence);

const SENTENCES: Record<string, Tell> = {
  sos: pressed,
  fall: fell,
  fall_suspected: fell,
  breathing_stopped: (evidence) => t('happened.breathing', { span: lasting(figure(evidence, 'dwell_s') ?? 20) }),
  heart_rate_high: beyond,
  heart_rate_low: beyond,
  respiration_high: beyond,
  respiration_low: beyond,
  spo2_low: beyond,
  blood_pressure: beyond,
  body_temperature: beyond,
  weight_change: weighed,
  bed_exit_long: awayFromBed,
  not_up: stillInBed,
  inactivity: quiet,
  trend: drifted,
  smoke: detected('happened.smoke'),
  gas: detected('happened.gas'),
  carbon_monoxide: detected('happened.carbon_monoxide'),
  water_leak: detected('happened.water_leak'),
  device_silent: unheard,
  battery_low: (evidence) => t('happened.battery', { value: number(figure(evidence, 'value') ?? 0) }),
  device_fault: broken,
  clock_skew: clockIsWrong,
  ambient_unusual: unusual,
  button_test_overdue: () => t('happened.button_test'),
};

/** The sentence, by the clock of that zone; for a kind that is new to this page, its name. */
export function happened(alert: Alert, zone?: string): string {
  return SENTENCES[alert.kind]?.(alert.evidence, alert, zone) ?? word('kind', alert.kind);
}

/** That it was told late, and by how much; empty where it came in time. */
export function lateness(alert: Alert): string {
  if (alert.evidence.late !== true) return '';
  const away = Date.parse(alert.raised_at) - Date.parse(alert.since);
  return t('happened.late', { span: span(away, language.locale) });
}

/** The kinds that have a sentence. */
export const TOLD = Object.keys(SENTENCES);
