/** A person at a browser, as far as HTTP goes: keeps the cookie, sends the origin. */
import { randomBytes } from 'node:crypto';
import { createDataSource } from '../../common/database/data-source.js';
import { getOrCreateSetupCode } from '../../common/database/setup-code.js';
import type { CreatedInvite, Role, User } from '../../common/contracts/accounts.js';

export const testPassword = 'correct horse battery';

export interface ApiReply {
  status: number;
  headers: Headers;
  /** Parsed where it is JSON, else the text. */
  body: unknown;
}

export class ApiClient {
  cookie = '';

  constructor(readonly url: string) {}

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiReply> {
    const json = body === undefined ? undefined : JSON.stringify(body);
    return this.exchange(method, path, json, {
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    });
  }

  /** A file as the body, as it is. */
  sendFile = (path: string, file: string) =>
    this.exchange('POST', path, file, { 'content-type': 'application/octet-stream' });

  private async exchange(
    method: string,
    path: string,
    body: string | undefined,
    headers: Record<string, string>,
  ): Promise<ApiReply> {
    const response = await fetch(this.url + path, {
      method,
      headers: { origin: this.url, ...(this.cookie && { cookie: this.cookie }), ...headers },
      body,
    });
    for (const cookie of response.headers.getSetCookie()) this.cookie = cookie.split(';')[0] ?? '';
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('application/json');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  get = (path: string) => this.send('GET', path);
  post = (path: string, body?: unknown) => this.send('POST', path, body ?? {});
  patch = (path: string, body?: unknown) => this.send('PATCH', path, body ?? {});
  delete = (path: string) => this.send('DELETE', path);
}

export interface Person {
  client: ApiClient;
  user: User;
}

/** The first admin of an empty installation, signed in. */
export async function setUpAdmin(url: string, databaseUrl: string): Promise<Person> {
  const db = await createDataSource(databaseUrl, { poolSize: 1 }).initialize();
  const code = await getOrCreateSetupCode(db);
  await db.destroy();
  const client = new ApiClient(url);
  const reply = await client.post('/api/auth/setup', { code, ...newAccount('admin') });
  return { client, user: expectStatus(reply, 200) as User };
}

/** Somebody that the admin invited, signed in. */
export async function invite(admin: Person, role: Role): Promise<Person> {
  const invitation = expectStatus(await admin.client.post('/api/invites', { role }), 201) as CreatedInvite;
  const client = new ApiClient(admin.client.url);
  const token = invitation.path.split('/').at(-1);
  const reply = await client.post('/api/auth/accept-invite', { token, ...newAccount(role) });
  return { client, user: expectStatus(reply, 200) as User };
}

export function newAccount(name: string) {
  return { email: `${name}-${randomBytes(4).toString('hex')}@example.org`, password: testPassword, name };
}

/** @returns the body of a reply that has the expected status */
export function expectStatus(reply: ApiReply, status: number): unknown {
  if (reply.status !== status)
    throw new Error(`Expected ${status}, got ${reply.status}: ${JSON.stringify(reply.body)}`);
  return reply.body;
}
