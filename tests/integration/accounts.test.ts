import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedApiKey, CreatedInvite } from '../../common/contracts/accounts.js';
import { createDataSource } from '../../common/database/data-source.js';
import { getOrCreateSetupCode } from '../../common/database/setup-code.js';
import {
  ApiClient,
  expectStatus,
  invite,
  newAccount,
  setUpAdmin,
  testPassword,
  type Person,
} from '../support/api-client.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let admin: Person;

beforeAll(async () => {
  server = await startServerInProcess();
});
afterAll(() => server[Symbol.asyncDispose]());

const errorCode = (reply: { body: unknown }) => (reply.body as { code: string }).code;

describe('the first account', () => {
  it('is asked for until it exists, refuses a wrong code, and is made once', async () => {
    const client = new ApiClient(server.url);
    expect((await client.get('/api/auth/state')).body).toEqual({ setupNeeded: true, user: null });

    const wrong = await client.post('/api/auth/setup', {
      code: 'abcd-efgh-jkmn-pqrs',
      ...newAccount('mallory'),
    });
    expect([wrong.status, errorCode(wrong)]).toEqual([403, 'ACCOUNT_SETUP_CODE_WRONG']);

    admin = await setUpAdmin(server.url, server.databaseUrl);
    expect((await admin.client.get('/api/auth/state')).body).toEqual({
      setupNeeded: false,
      user: admin.user,
    });

    const again = await client.post('/api/auth/setup', {
      code: 'abcd-efgh-jkmn-pqrs',
      ...newAccount('mallory'),
    });
    expect([again.status, errorCode(again)]).toEqual([409, 'ACCOUNT_SETUP_DONE']);
  });

  it('is made once when two people have the code and race', async () => {
    await using other = await startServerInProcess();
    const db = await createDataSource(other.databaseUrl, { poolSize: 1 }).initialize();
    const code = await getOrCreateSetupCode(db);
    await db.destroy();
    const replies = await Promise.all(
      ['ann', 'ben', 'cho'].map((name) =>
        new ApiClient(other.url).post('/api/auth/setup', { code, ...newAccount(name) }),
      ),
    );
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 409, 409]);
  });

  it('comes from the environment where that names one', async () => {
    await using other = await startServerInProcess({
      ATTUNE_ADMIN_EMAIL: 'Root@Example.org',
      ATTUNE_ADMIN_PASSWORD: testPassword,
    });
    const client = new ApiClient(other.url);
    const reply = await client.post('/api/auth/login', { email: 'root@example.org', password: testPassword });
    expect(expectStatus(reply, 200)).toMatchObject({ role: 'admin', email: 'root@example.org' });
  });
});

describe('sessions', () => {
  it('come as a cookie that scripts and other sites cannot use', async () => {
    const reply = await new ApiClient(server.url).post('/api/auth/login', {
      email: admin.user.email.toUpperCase(),
      password: testPassword,
    });
    const cookie = reply.headers.get('set-cookie');
    expect(cookie).toMatch(/^attune_session=[\w-]{43};/);
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Lax');
    expect(cookie).not.toContain('Secure');
  });

  it('are marked Secure behind a trusted proxy that speaks https', async () => {
    const reply = await new ApiClient(server.url).send(
      'POST',
      '/api/auth/login',
      { email: admin.user.email, password: testPassword },
      { 'x-forwarded-proto': 'https' },
    );
    expect(reply.headers.get('set-cookie')).toContain('Secure');
  });

  it('end with sign-out, and when they have expired', async () => {
    const person = await invite(admin, 'user');
    const { cookie } = person.client;
    await person.client.post('/api/auth/logout');
    person.client.cookie = cookie;
    expect((await person.client.get('/api/keys')).status).toBe(401);

    const expired = await invite(admin, 'user');
    await query(`UPDATE sessions SET expires_at = now() - interval '1 s' WHERE user_id = $1`, [
      expired.user.id,
    ]);
    expect(errorCode(await expired.client.get('/api/keys'))).toBe('ACCOUNT_SIGN_IN_NEEDED');
  });

  it('are prolonged by use, once a day at most', async () => {
    const person = await invite(admin, 'user');
    const expiry = async () =>
      (await query(`SELECT expires_at FROM sessions WHERE user_id = $1`, [person.user.id]))[0]?.expires_at;
    const fresh = await expiry();
    expect((await person.client.get('/api/keys')).headers.get('set-cookie')).toBeNull();
    expect(await expiry()).toEqual(fresh);
    await query(`UPDATE sessions SET expires_at = now() + interval '3 days' WHERE user_id = $1`, [
      person.user.id,
    ]);
    const { cookie } = person.client;
    const renewed = (await person.client.get('/api/keys')).headers.get('set-cookie') ?? '';
    expect(Number(await expiry()) - Date.now()).toBeGreaterThan(29 * 86_400_000);
    // The browser keeps it for at least as long.
    expect(renewed).toContain(`${cookie};`);
    expect(Number(/Max-Age=(\d+)/.exec(renewed)?.[1])).toBeGreaterThan(30 * 86_400);
  });

  it('elsewhere end when the password changes; this one stays', async () => {
    const person = await invite(admin, 'user');
    const elsewhere = new ApiClient(server.url);
    await elsewhere.post('/api/auth/login', { email: person.user.email, password: testPassword });
    const wrong = await person.client.post('/api/me/password', {
      current: 'not it',
      password: 'another password',
    });
    expect(errorCode(wrong)).toBe('ACCOUNT_CREDENTIALS_WRONG');
    const reply = await person.client.post('/api/me/password', {
      current: testPassword,
      password: 'another password',
    });
    expectStatus(reply, 204);
    expect((await elsewhere.get('/api/keys')).status).toBe(401);
    expect((await person.client.get('/api/keys')).status).toBe(200);
  });

  it('are refused to an account after ten wrong passwords, and to no other', async () => {
    const [victim, bystander] = [await invite(admin, 'user'), await invite(admin, 'user')];
    const attempt = (person: Person, password: string) =>
      new ApiClient(server.url).post('/api/auth/login', { email: person.user.email, password });
    for (let tries = 0; tries < 10; tries++)
      expect(errorCode(await attempt(victim, 'guess'))).toBe('ACCOUNT_CREDENTIALS_WRONG');
    const limited = await attempt(victim, testPassword);
    expect([limited.status, errorCode(limited)]).toEqual([429, 'REQUEST_RATE_LIMITED']);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await attempt(bystander, testPassword)).status).toBe(200);
  });

  it('are refused alike for an unknown address and for a wrong password', async () => {
    const client = new ApiClient(server.url);
    const unknown = await client.post('/api/auth/login', {
      email: 'nobody@example.org',
      password: 'whatever',
    });
    const wrong = await client.post('/api/auth/login', { email: admin.user.email, password: 'whatever' });
    expect(unknown.body).toEqual(wrong.body);
    expect(unknown.status).toBe(wrong.status);
  });
});

describe('invitations', () => {
  it('make one account, of the role they name', async () => {
    const invitation = expectStatus(
      await admin.client.post('/api/invites', { role: 'rater' }),
      201,
    ) as CreatedInvite;
    const token = invitation.path.split('/').at(-1);
    const accept = (name: string) =>
      new ApiClient(server.url).post('/api/auth/accept-invite', { token, ...newAccount(name) });
    const replies = await Promise.all([accept('ann'), accept('ben')]);
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 410]);
    expect(replies.find((reply) => reply.status === 200)?.body).toMatchObject({ role: 'rater' });
  });

  it('stay usable when the address is taken, and end when they are withdrawn or too old', async () => {
    const create = async () =>
      expectStatus(await admin.client.post('/api/invites', { role: 'user' }), 201) as CreatedInvite;
    const accept = (invitation: CreatedInvite, account: ReturnType<typeof newAccount>) =>
      new ApiClient(server.url).post('/api/auth/accept-invite', {
        token: invitation.path.split('/').at(-1),
        ...account,
      });
    const first = await create();
    expect(errorCode(await accept(first, { ...newAccount('x'), email: admin.user.email }))).toBe(
      'ACCOUNT_EMAIL_TAKEN',
    );
    expect((await accept(first, newAccount('x'))).status).toBe(200);

    const withdrawn = await create();
    expectStatus(await admin.client.delete(`/api/invites/${withdrawn.id}`), 204);
    expect(errorCode(await accept(withdrawn, newAccount('x')))).toBe('ACCOUNT_INVITE_INVALID');

    const old = await create();
    await query(`UPDATE invites SET expires_at = now() WHERE id = $1`, [old.id]);
    expect(errorCode(await accept(old, newAccount('x')))).toBe('ACCOUNT_INVITE_INVALID');
  });
});

describe('API keys', () => {
  it('are shown once, kept as a hash, and revoked', async () => {
    const person = await invite(admin, 'user');
    const created = expectStatus(
      await person.client.post('/api/keys', { name: 'laptop' }),
      201,
    ) as CreatedApiKey;
    expect(created.key).toMatch(/^sk-attune-[\w-]{43}$/);
    expect(created.key.startsWith(created.prefix)).toBe(true);
    const { key: _shownOnce, ...listed } = created;
    expect((await person.client.get('/api/keys')).body).toEqual([listed]);
    const rows = await query(`SELECT k::text AS everything FROM api_keys k WHERE id = $1`, [created.id]);
    expect(rows[0]?.everything).not.toContain(created.key.slice(created.prefix.length));
    expectStatus(await person.client.delete(`/api/keys/${created.id}`), 204);
    expect((await person.client.get('/api/keys')).body).toEqual([]);
  });
});

describe('accounts', () => {
  it('that are disabled are signed out and stay out', async () => {
    const person = await invite(admin, 'user');
    expectStatus(await admin.client.patch(`/api/users/${person.user.id}`, { disabled: true }), 200);
    expect((await person.client.get('/api/keys')).status).toBe(401);
    const login = await person.client.post('/api/auth/login', {
      email: person.user.email,
      password: testPassword,
    });
    expect(errorCode(login)).toBe('ACCOUNT_CREDENTIALS_WRONG');
  });

  it('lose rights at once when their role changes', async () => {
    const person = await invite(admin, 'admin');
    expect((await person.client.get('/api/users')).status).toBe(200);
    await admin.client.patch(`/api/users/${person.user.id}`, { role: 'user' });
    const refused = await person.client.get('/api/users');
    expect([refused.status, errorCode(refused)]).toEqual([403, 'ACCOUNT_FORBIDDEN']);
  });

  it('always keep one admin, even when two leave at once', async () => {
    await using other = await startServerInProcess();
    const first = await setUpAdmin(other.url, other.databaseUrl);
    for (const attempt of [
      first.client.delete('/api/me'),
      first.client.delete(`/api/users/${first.user.id}`),
      first.client.patch(`/api/users/${first.user.id}`, { role: 'user' }),
      first.client.patch(`/api/users/${first.user.id}`, { disabled: true }),
    ])
      expect(errorCode(await attempt)).toBe('ACCOUNT_LAST_ADMIN');
    const second = await invite(first, 'admin');
    const replies = await Promise.all([first.client.delete('/api/me'), second.client.delete('/api/me')]);
    expect(replies.map((reply) => reply.status).sort()).toEqual([204, 409]);
  });

  it('are erased with all that belongs to them', async () => {
    const person = await invite(admin, 'user');
    await person.client.post('/api/keys', { name: 'laptop' });
    expectStatus(await person.client.delete('/api/me'), 204);
    for (const table of ['sessions', 'api_keys'])
      expect(await query(`SELECT 1 FROM ${table} WHERE user_id = $1`, [person.user.id])).toEqual([]);
    expect((await person.client.get('/api/keys')).status).toBe(401);
  });

  it('decide their own name, language and consent, nothing else', async () => {
    const person = await invite(admin, 'user');
    const reply = await person.client.patch('/api/me', { name: ' Wú ', locale: 'zh', trainingConsent: true });
    expect(reply.body).toEqual({ ...person.user, name: 'Wú', locale: 'zh', trainingConsent: true });
    expect((await person.client.patch('/api/me', { role: 'admin' })).status).toBe(400);
  });
});

async function query(text: string, values: unknown[]): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: server.databaseUrl });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}
