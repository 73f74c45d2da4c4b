/** Where one is: `#/screen/id?name=value`. After the hash, so that the server has one page only. */

export interface Place {
  screen: string;
  /** What is open there: an alert's id, a resident's. */
  id: string | null;
  query: URLSearchParams;
}

/** `#/people/rosa?days=7` → people, rosa, days. */
export function parse(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [screen = '', id] = path.split('/').map(decoded);
  return { screen, id: id || null, query: new URLSearchParams(query) };
}

/** The address of a place, for `href`. */
export function link(screen: string, id?: string | null, query: Record<string, string> = {}) {
  const asked = new URLSearchParams(query);
  const path = id ? `${screen}/${encodeURIComponent(id)}` : screen;
  return `#/${path}${asked.size ? `?${asked}` : ''}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

class Router {
  place = $state.raw<Place>(parse(globalThis.location?.hash ?? ''));

  constructor() {
    globalThis.addEventListener?.('hashchange', () => {
      this.place = parse(location.hash);
      scrollTo(0, 0);
    });
  }

  go(screen: string, id?: string | null): void {
    location.hash = link(screen, id);
  }
}

export const router = new Router();
