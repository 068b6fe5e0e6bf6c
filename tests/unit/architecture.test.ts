/** Who may import whom: the house's rules, held against every import of every source file. */
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { repositoryRoot } from '../../common/config/repository.js';
import { readImports, type SourceImport } from '../support/source-imports.js';

const folders = ['server', 'worker', 'web', 'common', 'migrations', 'bin', 'models', 'bench'].filter(
  (folder) => existsSync(path.join(repositoryRoot, folder)),
);
const imports = readImports(folders);
const within = (file: string, ...places: string[]) =>
  places.some((place) => file === place || file.startsWith(`${place}/`));

interface Rule {
  name: string;
  /** Is this file one that the rule is about? */
  about: (file: string) => boolean;
  allows: (imported: SourceImport) => boolean;
}

/** A rule about which folders of our own may be imported; packages are free. */
const mayImport = (subject: string, ...places: string[]): Rule => ({
  name: `${subject} imports only ${[subject, ...places].join(', ')}`,
  about: (file) => within(file, subject),
  allows: ({ to, isPackage }) => isPackage || within(to, subject, ...places),
});

const workerPrograms = [
  'data',
  'runs',
  'rollouts',
  'training',
  'inference',
  'models',
  'scoring',
  'metering',
].map((name) => `worker/${name}`);
const workerCore = ['engine', 'nn', 'rlhf'].map((name) => `worker/${name}`);

const rules: Rule[] = [
  mayImport('web', 'common/contracts'),
  {
    name: 'common/contracts imports only zod and itself: browsers run it',
    about: (file) => within(file, 'common/contracts'),
    allows: ({ to, isPackage }) => (isPackage ? to === 'zod' : within(to, 'common/contracts')),
  },
  mayImport('common', 'migrations'),
  {
    name: 'common/checks scores from its arguments alone: contracts, ajv and a sandbox for patterns',
    about: (file) => within(file, 'common/checks'),
    allows: ({ to, isPackage }) =>
      isPackage ? /^(ajv|ajv-formats|node:vm)$/.test(to) : within(to, 'common/checks', 'common/contracts'),
  },
  mayImport('server', 'common'),
  mayImport('worker/engine', 'common/llama', 'common/machine', 'common/contracts/errors.ts'),
  mayImport('worker/nn', 'worker/engine', 'common/llama', 'common/contracts/errors.ts'),
  mayImport('worker/rlhf', 'common/contracts', 'worker/nn/batch.ts', 'worker/nn/trainable-model.ts'),
  {
    name: 'worker/rlhf touches no database, queue or file',
    about: (file) => within(file, 'worker/rlhf'),
    allows: ({ to, isPackage }) => !isPackage || to === 'zod',
  },
  ...workerPrograms.map((program) => mayImport(program, 'common', ...workerPrograms, ...workerCore)),
  {
    name: 'migrations import no entity: a table changes by a new migration alone',
    about: (file) => within(file, 'migrations'),
    allows: ({ to, isPackage }) => (isPackage ? to === 'typeorm' : within(to, 'migrations')),
  },
  {
    name: 'koffi and node-llama-cpp are imported in common/llama alone',
    about: (file) => !within(file, 'common/llama', 'bench'),
    allows: ({ to, isTypeOnly }) => isTypeOnly || !/^(koffi|node-llama-cpp)(\/|$)/.test(to),
  },
  {
    name: 'nothing that is shipped imports tests, and only bin imports bin',
    about: (file) => !within(file, 'bin', 'bench', 'models'),
    allows: ({ to, isPackage }) => isPackage || !within(to, 'tests', 'bench', 'bin'),
  },
];

/** What an image holds and runs; the page is bundled, and the model's making and the benches stay at home. */
const isProgram = (file: string) => within(file, 'server', 'worker', 'common', 'migrations', 'bin');
const manifest = z
  .object({ dependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8')));
const toPackageName = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

describe('the house', () => {
  it('has sources to look at', () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it.each(rules)('$name', ({ about, allows }) => {
    const broken = imports
      .filter((imported) => about(imported.from) && !allows(imported))
      .map(({ from, to }) => `${from} -> ${to}`);
    expect(broken.join('\n')).toBe('');
  });

  it('has every package that its programs import among the dependencies: an image has no others', () => {
    const missing = imports
      .filter(({ from, isPackage, isTypeOnly }) => isPackage && !isTypeOnly && isProgram(from))
      .filter(({ to }) => !isBuiltin(to) && !Object.hasOwn(manifest.dependencies, toPackageName(to)))
      .map(({ from, to }) => `${from} -> ${to}`);
    expect(missing.join('\n')).toBe('');
  });

  it('has no circles', () => {
    expect(findCircles(imports).join('\n')).toBe('');
  });
});

/** Circles of imports that are still there when the program runs, each told once as `a -> b -> a`. */
function findCircles(all: readonly SourceImport[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to, isPackage, isTypeOnly } of all)
    if (!isPackage && !isTypeOnly) next.set(from, [...(next.get(from) ?? []), to]);
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: string[]): void => {
    const start = trail.indexOf(file);
    // Components that draw a tree contain each other.
    if (start >= 0 && !trail.slice(start).every((member) => member.endsWith('.svelte')))
      circles.push([...trail.slice(start), file].join(' -> '));
    if (start >= 0 || done.has(file)) return;
    for (const target of next.get(file) ?? []) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return circles;
}
