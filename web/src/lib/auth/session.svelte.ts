/** Who is signed in, and the ways in and out. */
import { createContext } from 'svelte';
import type { AuthState, User } from '$contracts';
import { http } from '$lib/net/api';

export interface Credentials {
  email: string;
  password: string;
}
export interface NewAccount extends Credentials {
  name: string;
}

export class Session {
  user = $state.raw<User | null>(null);
  setupNeeded = $state(false);
  loaded = $state(false);

  get isAdmin(): boolean {
    return this.user?.role === 'admin';
  }

  /** Raters judge pairs of answers that were made for it. */
  get mayRate(): boolean {
    return this.user?.role === 'rater' || this.isAdmin;
  }

  async load(): Promise<void> {
    const state = await http.get<AuthState>('/api/auth/state');
    this.user = state.user;
    this.setupNeeded = state.setupNeeded;
    this.loaded = true;
  }

  /** @param locale  language that the person chose before there was an account to keep it */
  async setUp(account: NewAccount & { code: string }, locale: User['locale']): Promise<void> {
    await http.post('/api/auth/setup', account);
    await http.patch('/api/me', { locale });
    await this.load();
  }

  async signIn(credentials: Credentials): Promise<void> {
    await http.post('/api/auth/login', credentials);
    await this.load();
  }

  async acceptInvite(account: NewAccount & { token: string }, locale: User['locale']): Promise<void> {
    await http.post('/api/auth/accept-invite', account);
    await http.patch('/api/me', { locale });
    await this.load();
  }

  async update(change: Partial<Pick<User, 'name' | 'locale' | 'trainingConsent'>>): Promise<void> {
    await http.patch('/api/me', change);
    if (this.user) this.user = { ...this.user, ...change };
  }

  async changePassword(current: string, password: string): Promise<void> {
    await http.post('/api/me/password', { current, password });
  }

  async signOut(): Promise<void> {
    await http.post('/api/auth/logout');
    this.user = null;
  }

  async deleteAccount(): Promise<void> {
    await http.delete('/api/me');
    this.user = null;
  }
}

export const [useSession, provideSession] = createContext<Session>();
