import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findWebPage, hashInlineScripts } from '../../server/platform/web-page.js';
import { ApiClient, expectStatus, setUpAdmin, type Person } from '../support/api-client.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let admin: Person;

beforeAll(async () => {
  server = await startServerInProcess();
  admin = await setUpAdmin(server.url, server.databaseUrl);
});
afterAll(() => server[Symbol.asyncDispose]());

const login = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/api/auth/login`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

describe('a request that is not what it should be', () => {
  it.each<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>?]>([
    ['malformed JSON', '{"email":'],
    ['JSON that is no object', '42'],
    ['no body', ''],
    ['broken UTF-8', new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d])],
    ['U+0000 in a string', JSON.stringify({ email: 'a@b.org', password: 'x\0y' })],
    ['half of a surrogate pair', '{"email":"a@b.org","password":"\\ud800"}'],
    ['an unknown field', JSON.stringify({ email: 'a@b.org', password: 'x', role: 'admin' })],
    [
      'another media type',
      JSON.stringify({ email: 'a@b.org', password: 'x' }),
      { 'content-type': 'text/plain' },
    ],
    ['an encoding nobody knows', 'x', { 'content-encoding': 'nonsense' }],
  ])('is refused with a code: %s', async (_, body, headers = {}) => {
    const response = await login(body, headers);
    expect([response.status, await codeOf(response)]).toEqual([400, 'REQUEST_INVALID']);
  });

  it('is refused when it is larger than anything that is meant, wherever it goes', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(10_000_000) });
    for (const target of ['/api/auth/login', '/api/keys', '/nowhere'])
      expect(
        await codeOf(
          await fetch(server.url + target, {
            method: 'POST',
            body,
            headers: { 'content-type': 'application/json', cookie: admin.client.cookie },
          }),
        ),
      ).toBe('REQUEST_TOO_LARGE');
  });

  it('is refused unread when it is large and nobody is signed in, by whatever way it says its size', async () => {
    // Were it read, it would be told that this is no JSON.
    const body = '['.repeat(200_000);
    const compressed = new Uint8Array(gzipSync(body));
    const attempt = async (target: string, init: RequestInit, headers: Record<string, string> = {}) =>
      codeOf(
        await fetch(server.url + target, {
          method: 'POST',
          duplex: 'half',
          headers: { 'content-type': 'application/json', ...headers },
          ...init,
        } as RequestInit),
      );
    const target = '/api/conversations/import';
    expect(await attempt(target, { body })).toBe('ACCOUNT_SIGN_IN_NEEDED');
    expect(await attempt(target, { body: new Blob([body]).stream() })).toBe('ACCOUNT_SIGN_IN_NEEDED');
    expect(await attempt(target, { body: compressed }, { 'content-encoding': 'gzip' })).toBe(
      'ACCOUNT_SIGN_IN_NEEDED',
    );
    expect(await attempt('/api/auth/login', { body: compressed }, { 'content-encoding': 'gzip' })).toBe(
      'REQUEST_TOO_LARGE',
    );
    expect(await attempt(target, { body }, { cookie: admin.client.cookie })).toBe('REQUEST_INVALID');
    const reply = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', body });
    expect([reply.status, await reply.json()]).toMatchObject([401, { error: { code: 'invalid_api_key' } }]);
  });

  it('is refused with the same shape where there is no route', async () => {
    const reply = await admin.client.get('/api/nothing/here');
    expect(reply.status).toBe(404);
    expect(reply.body).toEqual({
      code: 'RESOURCE_NOT_FOUND',
      message: 'There is no route with this id here.',
      details: { resource: 'route' },
      retryable: false,
    });
  });
});

describe('a request from another site', () => {
  const attempt = (headers: Record<string, string>) =>
    admin.client.send('PATCH', '/api/me', { name: 'x' }, headers);

  it('is refused by its origin', async () => {
    for (const origin of [
      'https://evil.example',
      'null',
      `${server.url}.evil.example`,
      server.url.replace(/\d+$/, '1'),
    ]) {
      const reply = await attempt({ origin });
      expect([reply.status, (reply.body as { code: string }).code]).toEqual([403, 'REQUEST_ORIGIN_REFUSED']);
    }
  });

  it('may read nothing that it could not guess, since no permission to is sent', async () => {
    const reply = await admin.client.send('GET', '/api/keys', undefined, { origin: 'https://evil.example' });
    expect(reply.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('is told apart from a program that sends no origin', async () => {
    const send = (headers: Record<string, string>) =>
      fetch(`${server.url}/api/me`, {
        method: 'PATCH',
        body: '{}',
        headers: { 'content-type': 'application/json', cookie: admin.client.cookie, ...headers },
      });
    expect((await send({})).status).toBe(200);
    expect((await send({ 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });
});

describe('every answer', () => {
  it('carries the id of its request, given by the proxy or made here', async () => {
    const given = await admin.client.send('GET', '/api/keys', undefined, {
      'x-request-id': 'edge-0123456789',
    });
    expect(given.headers.get('x-request-id')).toBe('edge-0123456789');
    const made = await admin.client.send('GET', '/api/keys', undefined, { 'x-request-id': 'a b"c' });
    expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('carries a policy that runs no foreign script', async () => {
    const policy = (await admin.client.get('/api/auth/state')).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self'( 'sha256-[\w+/=]+')*;/);
    expect(policy).toContain("frame-ancestors 'none'");
  });
});

describe('limits', () => {
  it('hold across servers that share a Redis, and are told with the time to wait', async () => {
    const client = new ApiClient(server.url);
    const attempts = Array.from({ length: 70 }, () => client.post('/api/auth/accept-invite', {}));
    const statuses = (await Promise.all(attempts)).map((reply) => reply.status);
    expect(statuses.filter((status) => status === 400)).toHaveLength(60);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
    const limited = await client.post('/api/auth/accept-invite', {});
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expectStatus(await client.get('/api/auth/state'), 200);
  });
});

describe('the built page', () => {
  it('is served compressed, with the page itself for paths of its own and nothing for those of the server', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'attune-page-'));
    mkdirSync(path.join(folder, '_app/immutable'), { recursive: true });
    const html = '<!doctype html><script>start("x")</script><script src="/a.js"></script>';
    writeFileSync(path.join(folder, 'index.html'), html);
    writeFileSync(path.join(folder, '_app/immutable/a.js'), 'plain');
    writeFileSync(path.join(folder, '_app/immutable/a.js.br'), 'compressed');
    const page = findWebPage(folder);
    expect(page?.scriptHashes).toEqual(hashInlineScripts('<script>start("x")</script>'));

    const listener = express()
      .use(page!.serve)
      .use((_, response) => void response.status(404).send('route'))
      .listen(0);
    await new Promise((resolve) => listener.once('listening', resolve));
    const { port } = listener.address() as { port: number };
    const get = (target: string) =>
      fetch(`http://127.0.0.1:${port}${target}`, {
        headers: { accept: 'text/html', 'accept-encoding': 'br' },
      });

    const chat = await get('/c/0b9c');
    expect([chat.status, chat.headers.get('cache-control'), await chat.text()]).toEqual([
      200,
      'no-cache',
      html,
    ]);
    const asset = await get('/_app/immutable/a.js');
    expect(asset.headers.get('content-encoding')).toBe('br');
    expect(asset.headers.get('cache-control')).toContain('immutable');
    for (const target of ['/api/nothing', '/v1/models', '/ws', '/health'])
      expect((await get(target)).status).toBe(404);

    listener.close();
    rmSync(folder, { recursive: true });
  });
});
