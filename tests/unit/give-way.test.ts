import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { giveWay } from '../../worker/training/give-way.js';

const folder = mkdtempSync(path.join(tmpdir(), 'attune-give-way-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('giving way to other sessions', () => {
  it('tells the system the lowest weight', () => {
    const file = path.join(folder, 'autogroup');
    writeFileSync(file, '');
    giveWay(file);
    expect(readFileSync(file, 'utf8')).toBe('19');
  });

  it('does nothing where the system has no groups', () => {
    const file = path.join(folder, 'none');
    giveWay(file);
    expect(existsSync(file)).toBe(false);
  });
});
