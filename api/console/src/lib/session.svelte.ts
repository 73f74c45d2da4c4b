/** Who is logged in. The token is in a cookie that no script can read. */
import { api, Problem, whenLoginIsOver, type Me } from './api';
import { forget, recall, type LastSeen } from './kept';
import { rolesOf, screensOf, type Role } from './roles';

class Session {
  me = $state.raw<Me | null>(null);
  /** Why the login screen is shown, where it was not asked for. */
  ended = $state(false);
  /** What was seen last, where the start was without a network. */
  lastSeen: LastSeen | null = null;
  roles = $derived(rolesOf(this.me));
  screens = $derived(screensOf(this.roles));

  /** Whether the reader is one of these. */
  is(...roles: Role[]): boolean {
    return roles.some((role) => this.roles.has(role));
  }

  /** Find out whether a login of before still holds. */
  async load(): Promise<void> {
    try {
      this.me = await api.get('/me');
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.lastSeen = error.status === 0 ? recall(localStorage, Date.now()) : null;
      this.me = this.lastSeen?.me ?? null;
      if (error.status === 401) forget(localStorage);
    }
  }

  async logIn(username: string, password: string, stay: boolean): Promise<void> {
    await api.post('/session/cookie', { body: { username, password, stay } });
    this.me = await api.get('/me');
    this.ended = false;
  }

  async logOut(): Promise<void> {
    await api.delete('/session');
    forget(localStorage);
    this.me = null;
  }

  /** The server says that the login is over. */
  over(): void {
    this.ended ||= this.me !== null;
    forget(localStorage);
    this.me = null;
  }
}

export const session = new Session();
whenLoginIsOver(() => session.over());
