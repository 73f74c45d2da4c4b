/** The service worker of this page: the shell without a network, and its renewal. */

const LOOK_EVERY_MS = 3_600_000;

class Worker {
  /** A newer version is here, and takes over when the reader agrees. */
  waiting = $state.raw<ServiceWorker | null>(null);
  #registration: ServiceWorkerRegistration | null = null;

  /** Register it, and look for a newer one now and each hour. */
  async start(): Promise<void> {
    if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
    let had = navigator.serviceWorker.controller !== null; // the first one changes nothing
    navigator.serviceWorker.addEventListener('controllerchange', () => {
      if (had) location.reload();
      had = true;
    });
    navigator.serviceWorker.addEventListener('message', ({ data }) => {
      if (typeof data?.go === 'string') location.hash = data.go;
    });
    try {
      this.#follow(await navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' }));
    } catch {
      return; // without one, everything but the offline shell and push works
    }
    setInterval(() => void this.#registration?.update().catch(() => {}), LOOK_EVERY_MS);
  }

  /** The registration once its worker runs; undefined where a browser has none. */
  async ready(): Promise<ServiceWorkerRegistration | undefined> {
    return this.#registration ? navigator.serviceWorker.ready : undefined;
  }

  /** Let the newer version take over; the page loads again by itself. */
  renew(): void {
    this.waiting?.postMessage('take over');
  }

  #follow(registration: ServiceWorkerRegistration): void {
    this.#registration = registration;
    this.#look(registration);
    this.renew(); // at the beginning nothing is lost by it
    registration.addEventListener('updatefound', () => {
      registration.installing?.addEventListener('statechange', () => this.#look(registration));
    });
  }

  #look({ waiting, active }: ServiceWorkerRegistration): void {
    this.waiting = active ? waiting : null;
  }
}

export const worker = new Worker();
