/** The time as the screen shows it, once a second for everybody. */
const MINUTE = 60_000;

class Ticker {
  now = $state(Date.now());
  /** The time to the minute, for what need not be told anew each second. */
  minute = $derived(Math.floor(this.now / MINUTE) * MINUTE);

  constructor() {
    setInterval(() => (this.now = Date.now()), 1000);
  }
}

export const ticker = new Ticker();
