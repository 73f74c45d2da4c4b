/** A push as carewatch sends it, and the notification that is shown for it: pure. */

export interface Told {
  title?: string;
  body?: string;
  alert?: string;
  priority?: 'high' | 'medium' | 'low';
}

const SHAKE = [300, 150, 300, 150, 600];

/** In the words that came, which are in the reader's language. News of an alert takes the place of the last. */
export function notificationOf({ title, body, alert, priority }: Told): { title: string; options: NotificationOptions } {
  const urgent = priority === 'high';
  const options = {
    body: body ?? '',
    icon: '/console/icons/192.png',
    badge: '/console/icons/badge.png',
    tag: alert ?? '',
    renotify: Boolean(alert),
    requireInteraction: urgent,
    vibrate: urgent ? SHAKE : [],
    data: alert ?? null,
  };
  return { title: title ?? 'carewatch', options };
}

/** Where the console opens: on the alert, if there is one. */
export function addressOf(alert: unknown): string {
  return typeof alert === 'string' && alert ? `#/alert/${encodeURIComponent(alert)}` : '#/now';
}
