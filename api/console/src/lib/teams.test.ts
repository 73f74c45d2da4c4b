import { expect, test } from 'vitest';
import type { Me, Schema } from './api';
import { below, ownTeams, treeOf, zoneOf } from './teams';

const team = (id: string, parent: string | null) => ({ id, parent }) as Schema['Team'];
const TEAMS = [team('village', 'town'), team('town', 'county'), team('county', null), team('other', 'county')];

test('a team has all below it', () => {
  expect([...below(TEAMS, 'town')].sort()).toEqual(['town', 'village']);
  expect(below(TEAMS, 'county').size).toBe(4);
});

test('an area is listed as the tree has it, each team once', () => {
  const ids = (...tops: string[]) => treeOf(TEAMS, TEAMS.filter(({ id }) => tops.includes(id))).map(({ id }) => id);
  expect(ids('county')).toEqual(['county', 'town', 'village', 'other']);
  expect(ids('village', 'town', 'other')).toEqual(['town', 'village', 'other']);
});

test('one begins with the own teams, and at the top without any', () => {
  const of = (...names: string[]) => ({ memberships: names.map((name) => ({ team: name })) }) as Me;
  expect(ownTeams(TEAMS, of('village')).map(({ id }) => id)).toEqual(['village']);
  expect(ownTeams(TEAMS, of()).map(({ id }) => id)).toEqual(['county']);
  expect(ownTeams(TEAMS.slice(0, 2), of()).map(({ id }) => id)).toEqual(['town']);
});

test('a team without residents has the clock of the one above', () => {
  const teams = [{ ...team('village', 'town'), timezone: null }, { ...team('town', null), timezone: 'Asia/Shanghai' }];
  expect(zoneOf(teams, 'village')).toBe('Asia/Shanghai');
  expect(zoneOf(teams, 'unknown')).toBeUndefined();
});
