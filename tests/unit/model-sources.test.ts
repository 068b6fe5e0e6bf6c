import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCatalogue } from '../../common/config/catalogue.js';
import { repositoryRoot } from '../../common/config/repository.js';
import { AppError } from '../../common/contracts/errors.js';
import { toSource } from '../../worker/models/source.js';

const hub = { endpoint: 'https://hub.example', token: null };

describe('toSource', () => {
  it('reads a file relative to the repository', () => {
    expect(toSource('file:models/a.gguf', hub)).toEqual({
      kind: 'file',
      path: path.join(repositoryRoot, 'models/a.gguf'),
    });
  });

  it('turns a hub source into the address of the file, with the token when there is one', () => {
    expect(toSource('hf:owner/repo/sub dir/a.gguf', { ...hub, token: 'secret' })).toEqual({
      kind: 'http',
      url: 'https://hub.example/owner/repo/resolve/main/sub%20dir/a.gguf',
      headers: { authorization: 'Bearer secret' },
    });
  });

  it('never sends the hub token to another address', () => {
    expect(toSource('https://other.example/a.gguf', { ...hub, token: 'secret' })).toMatchObject({
      headers: {},
    });
  });

  it('reads package and member of a pip source', () => {
    expect(toSource('pip:some-pkg==1.2.3#some_pkg/a.gguf', hub)).toEqual({
      kind: 'pip',
      requirement: 'some-pkg==1.2.3',
      member: 'some_pkg/a.gguf',
    });
  });

  it.each(['', 'a.gguf', 'pip:--index-url=x==1#a', 'hf:owner/file', 'ftp://host/a', 'https:no-slashes'])(
    'refuses %j',
    (text) => {
      expect(() => toSource(text, hub)).toThrow(AppError);
    },
  );
});

describe('the catalogue', () => {
  it('spans 135 M to 14 B and names only sources that can be read', () => {
    const { models } = readCatalogue();
    const sizes = models.map(({ parameters }) => parameters);
    expect(Math.max(...sizes)).toBeGreaterThan(13e9);
    expect(sizes.some((size) => size > 130e6 && size < 140e6)).toBe(true);
    for (const { sources } of models) for (const { source } of sources) toSource(source, hub);
    expect(new Set(models.map(({ id }) => id)).size).toBe(models.length);
  });
});
