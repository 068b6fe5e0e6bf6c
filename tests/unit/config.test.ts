import { createRequire } from 'node:module';
import { symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../common/config/config.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();
/** What Express gives the list to. */
const expressRequire = createRequire(createRequire(import.meta.url).resolve('express'));
const { compile } = expressRequire('proxy-addr') as { compile(list: string[]): unknown };

describe('the settings', () => {
  it.each([
    'loopback',
    'loopback, 10.1.2.3',
    '10.0.0.0/8,uniquelocal',
    '::1',
    'fd00::/8',
    '192.168.0.0/32',
    '10.0.0.0/255.0.0.0',
    '10.1.2.0/255.255.254.0',
    '10.1.2.3/255.255.255.255',
  ])('trust the proxies %s, as Express does', (list) => {
    expect(readConfig({ ATTUNE_TRUST_PROXY: list }).trustProxy).toBe(list);
    expect(() => compile(list.split(',').map((proxy) => proxy.trim()))).not.toThrow();
  });

  it.each([
    'true',
    'loopback,',
    'nginx',
    '10.0.0.0/33',
    '10.0.0.0/0',
    'fd00::/129',
    'fd00::/',
    '10.0.0.0/0.0.0.0',
    '10.0.0.0/255.0.255.0',
    '10.0.0.0/255.0.0',
    'fd00::/255.0.0.0',
  ])('refuse the proxies %s, as Express does', (list) => {
    expect(() => readConfig({ ATTUNE_TRUST_PROXY: list })).toThrow(/ATTUNE_TRUST_PROXY/);
    expect(() => compile(list.split(',').map((proxy) => proxy.trim()))).toThrow();
  });

  it('refuse a number of proxies, which Express would take for an address', () => {
    expect(() => readConfig({ ATTUNE_TRUST_PROXY: '1' })).toThrow(/ATTUNE_TRUST_PROXY/);
  });

  it('take a model by where it is to be had', () => {
    const model = 'hf:owner/repository/file.gguf';
    expect(readConfig({ ATTUNE_MODEL: ` ${model} ` }).model).toBe(model);
    expect(readConfig({ ATTUNE_LLAMA_DIR: tmpdir() }).llamaDir).toBe(tmpdir());
  });

  it('take a number of threads, and leave it to the machine without', () => {
    expect(readConfig({ ATTUNE_THREADS: '3' }).threads).toBe(3);
    expect(readConfig({ ATTUNE_THREADS: '' }).threads).toBeNull();
    for (const threads of ['0', '-1', '1.5', 'all'])
      expect(() => readConfig({ ATTUNE_THREADS: threads })).toThrow(/ATTUNE_THREADS/);
  });

  it('refuse a folder that cannot be reached, by its name', () => {
    const [file, circle] = [at('file'), at('circle')];
    writeFileSync(file, '');
    symlinkSync(circle, circle);
    for (const folder of [file, path.join(file, 'below'), circle])
      expect(() => readConfig({ ATTUNE_LLAMA_DIR: folder })).toThrow(/ATTUNE_LLAMA_DIR/);
  });

  it('are told all that is wrong with them at once', () => {
    const wrong = { ATTUNE_TRUST_PROXY: 'true', ATTUNE_MODEL: 'smollm2', ATTUNE_LLAMA_DIR: '/nope' };
    for (const name of Object.keys(wrong)) expect(() => readConfig(wrong)).toThrow(name);
  });
});
