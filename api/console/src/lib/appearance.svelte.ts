/** How the console looks to this reader, kept in the browser: theme and size of type. */
export type Theme = 'system' | 'dark' | 'light';
export const THEMES: Theme[] = ['system', 'dark', 'light'];

const STORED = 'carewatch.appearance';
const brightSystem = matchMedia('(prefers-color-scheme: light)');

class Appearance {
  theme = $state<Theme>('system');
  large = $state(false);
  /** What is on the screen; charts are drawn anew when it changes. */
  shown = $state<'dark' | 'light'>('dark');

  constructor() {
    const kept = JSON.parse(localStorage.getItem(STORED) ?? '{}');
    if (THEMES.includes(kept.theme)) this.theme = kept.theme;
    this.large = kept.large === true;
    brightSystem.addEventListener('change', () => this.apply());
  }

  set(change: { theme?: Theme; large?: boolean }): void {
    this.theme = change.theme ?? this.theme;
    this.large = change.large ?? this.large;
    localStorage.setItem(STORED, JSON.stringify({ theme: this.theme, large: this.large }));
    this.apply();
  }

  /** Tell the style sheet, which has the rest. */
  apply(): void {
    const system = brightSystem.matches ? 'light' : 'dark';
    this.shown = this.theme === 'system' ? system : this.theme;
    const root = document.documentElement.dataset;
    root.theme = this.shown;
    root.type = this.large ? 'large' : 'normal';
  }
}

export const appearance = new Appearance();
