/** The screens, each fetched when it is first opened. A new screen is a line here. */
import type { Component } from 'svelte';
import type { ScreenName } from './lib/roles';

/** What a screen is handed: what is open there, and what its address asks besides. */
export interface ScreenProps {
  id: string | null;
  query: URLSearchParams;
}

type Load = () => Promise<{ default: Component<ScreenProps> }>;

interface Screen {
  load: Load;
  part: ScreenName;
  /** It has the whole page, without navigation. */
  bare?: true;
}

const SCREENS: Record<string, Screen> = {
  now: { load: () => import('./screens/Now.svelte'), part: 'now' },
  alert: { load: () => import('./screens/Alert.svelte'), part: 'now' },
  people: { load: () => import('./screens/People.svelte'), part: 'people' },
  person: { load: () => import('./screens/Person.svelte'), part: 'people' },
  area: { load: () => import('./screens/Area.svelte'), part: 'area' },
  wall: { load: () => import('./screens/Wall.svelte'), part: 'area', bare: true },
  devices: { load: () => import('./screens/Devices.svelte'), part: 'devices' },
  settings: { load: () => import('./screens/Settings.svelte'), part: 'settings' },
};

/** How to fetch a screen; undefined where there is none, or none for these eyes. */
export function screenOf(name: string, allowed: ScreenName[]): Load | undefined {
  const screen = SCREENS[name];
  return screen && allowed.includes(screen.part) ? screen.load : undefined;
}

/** Whether a screen has the whole page. */
export function isBare(name: string): boolean {
  return SCREENS[name]?.bare === true;
}

/** Whether there is such a screen. */
export function has(name: string): boolean {
  return name in SCREENS;
}

/** Under which entry of the navigation a screen stands. */
export function partOf(name: string): ScreenName | undefined {
  return SCREENS[name]?.part;
}
