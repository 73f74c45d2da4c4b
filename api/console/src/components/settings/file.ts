/** What is asked about a resident, part by part of the file. */
import type { Schema } from '../../lib/api';
import type { Question } from '../../lib/form';
import { language, t, word, wordsOf } from '../../lib/i18n.svelte';
import { languageChoices } from '../../lib/tongues';
import { zoneChoices } from '../../lib/zones';

const LIVING = ['alone', 'with_partner', 'with_family', 'with_carer', 'empty_nest', 'left_behind', 'other'];
export const PHONE = '\\+?[0-9][0-9 \\(\\)\\/.\\-]+';
/** Several, with commas between. */
const PHONES = `\\s*${PHONE}(,\\s*${PHONE})*`;

export function personQuestions(teams: Schema['Team'][]): Question[] {
  return [
    { name: 'name', label: t('settings.name'), required: true },
    { name: 'phone', label: t('residents.phone'), pattern: PHONE, hint: t('residents.phone_hint') },
    { name: 'team', label: t('devices.team'), kind: 'one', choices: teams.map(({ id, name }) => ({ value: id, name })) },
    { name: 'birth_year', label: t('residents.birth_year'), kind: 'number', least: 1850, most: 2200 },
    { name: 'living', label: t('residents.living'), kind: 'one', choices: LIVING.map((value) => ({ value, name: word('living', value) })) },
    { name: 'languages', label: t('residents.languages'), kind: 'some', sought: true, choices: languageChoices(language.locale) },
    { name: 'timezone', label: t('rotas.zone'), kind: 'one', sought: true, required: true, choices: zoneChoices(language.locale) },
    { name: 'risks', label: t('residents.risks'), kind: 'long' },
    { name: 'medication', label: t('residents.medication'), kind: 'long' },
    { name: 'address', label: t('way.address'), kind: 'long' },
    { name: 'way_in', label: t('way.in'), kind: 'long', hint: t('residents.way_in_hint') },
  ];
}

export function homeQuestions(): Question[] {
  return [
    { name: 'floor', label: t('residents.floor') },
    { name: 'key_box_place', label: t('residents.key_box') },
    { name: 'key_box_code', label: t('residents.key_code') },
    { name: 'notes', label: t('residents.home_notes'), kind: 'long' },
  ];
}

export function abilityQuestions(): Question[] {
  return [
    { name: 'level', label: t('file.abilities'), kind: 'one', choices: wordsOf('ability') },
    { name: 'score', label: t('residents.points'), hint: t('residents.points_hint'), kind: 'number', least: 0, most: 90 },
    { name: 'assessed_on', label: t('residents.assessed_on'), kind: 'date' },
    { name: 'by', label: t('residents.assessed_by') },
  ];
}

export function doctorQuestions(): Question[] {
  return [
    { name: 'name', label: t('file.doctor') },
    { name: 'practice', label: t('residents.practice') },
    { name: 'phone', label: t('residents.phones'), pattern: PHONE, hint: t('residents.phone_hint') },
  ];
}

export function contactQuestions(): Question[] {
  return [
    { name: 'name', label: t('settings.name'), required: true },
    { name: 'relation', label: t('residents.relation') },
    { name: 'phones', label: t('residents.phones'), hint: t('residents.phones_hint'), pattern: PHONES },
    { name: 'holds_key', label: t('residents.holds_key'), kind: 'tick' },
    { name: 'note', label: t('resolve.note') },
  ];
}

export function consentQuestions(): Question[] {
  return [
    { name: 'what', label: t('residents.consent_to'), kind: 'one', required: true, choices: wordsOf('consent') },
    { name: 'given_on', label: t('residents.given_on'), kind: 'date', required: true },
    { name: 'by', label: t('residents.given_by'), hint: t('residents.given_by_hint'), required: true },
    { name: 'withdrawn_on', label: t('residents.withdrawn_on'), kind: 'date' },
    { name: 'note', label: t('resolve.note') },
  ];
}
