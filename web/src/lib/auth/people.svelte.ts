/** Accounts and invitations, as an admin manages them. */
import type { CreatedInvite, Invite, Role, User } from '$contracts';
import { http } from '$lib/net/api';

export class People {
  users = $state.raw<readonly User[]>([]);
  invites = $state.raw<readonly Invite[]>([]);
  /** The invitation just made; its link is shown once. */
  created = $state.raw<CreatedInvite | null>(null);

  async load(): Promise<void> {
    [this.users, this.invites] = await Promise.all([
      http.get<User[]>('/api/users'),
      http.get<Invite[]>('/api/invites'),
    ]);
  }

  async invite(role: Role, days: number): Promise<void> {
    this.created = await http.post<CreatedInvite>('/api/invites', { role, days });
    this.invites = [this.created, ...this.invites];
  }

  async withdraw(invite: Invite): Promise<void> {
    await http.delete(`/api/invites/${invite.id}`);
    this.invites = this.invites.filter(({ id }) => id !== invite.id);
    if (this.created?.id === invite.id) this.created = null;
  }

  async update(user: User, change: { role?: Role; disabled?: boolean }): Promise<void> {
    await http.patch(`/api/users/${user.id}`, change);
    this.users = this.users.map((other) => (other.id === user.id ? { ...other, ...change } : other));
  }

  async delete(user: User): Promise<void> {
    await http.delete(`/api/users/${user.id}`);
    this.users = this.users.filter(({ id }) => id !== user.id);
  }
}
