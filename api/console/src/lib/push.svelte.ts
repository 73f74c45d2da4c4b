/** Notifications of this browser: whether it shows them, and how to begin and to end that. */
import { api, Problem } from './api';
import { worker } from './worker.svelte';
import { t } from './i18n.svelte';

/** `denied`: only the browser's own settings can change it. */
export type PushState = 'unknown' | 'impossible' | 'denied' | 'off' | 'on';

class Push {
  state = $state<PushState>('unknown');

  /** Find out how it stands. */
  async look(): Promise<void> {
    const manager = await this.#manager();
    if (!manager) this.state = 'impossible';
    else if (Notification.permission === 'denied') this.state = 'denied';
    else this.state = (await manager.getSubscription()) ? 'on' : 'off';
  }

  /** Ask the reader, then tell carewatch where to send them. */
  async subscribe(): Promise<void> {
    const manager = await this.#manager();
    if (!manager) throw new Problem(0, 'no push');
    if ((await Notification.requestPermission()) !== 'granted') return this.look();
    const { public_key } = await api.get('/me/push');
    const made = await subscribed(manager, public_key);
    const { endpoint = '', keys = {} } = made.toJSON();
    await api.post('/me/push', { body: { endpoint, keys: { p256dh: keys.p256dh ?? '', auth: keys.auth ?? '' } } });
    await this.look();
  }

  /** Take this browser away from the channels, then end what it was told by. */
  async end(): Promise<void> {
    const subscription = await (await this.#manager())?.getSubscription();
    if (!subscription) return this.look();
    const { language, items } = await api.get('/me/channels');
    const kept = items.filter((one) => one.address !== subscription.endpoint);
    if (kept.length < items.length) {
      const body = { language, items: kept.map(({ id, priorities }) => ({ id, priorities })) };
      await api.put('/me/channels', { body });
    }
    await subscription.unsubscribe();
    await this.look();
  }

  async #manager(): Promise<PushManager | undefined> {
    if (!('Notification' in globalThis)) return undefined;
    return (await worker.ready())?.pushManager;
  }
}

/** With our key; a subscription that was made with another one is of no use to us. */
async function subscribed(manager: PushManager, key: string): Promise<PushSubscription> {
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await manager.subscribe(options);
  } catch {
    const old = await manager.getSubscription();
    if (!old) throw new Problem(-1, t('push.failed'));
    await old.unsubscribe();
    return manager.subscribe(options);
  }
}

export const push = new Push();
