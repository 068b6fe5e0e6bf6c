import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** One project per kind of proof, so that the quick ones (`unit`, `golden`) can run before every commit. */
const project = (name: string, options: Record<string, unknown> = {}) => ({
  extends: true as const,
  test: { name, include: [`tests/${name}/**/*.test.ts`], ...options },
});

/** For files that compute by themselves, or start processes: more at once would take each other's cores and Postgres's connections. */
const inPairs = { maxWorkers: 2, sequence: { groupOrder: 1 } };
const services = ['tests/support/global-setup.ts'];
/** What comes in the end is waited for: how soon it comes is measured in bench/. */
const patient = { testTimeout: 180_000, hookTimeout: 180_000, expect: { poll: { timeout: 10_000 } } };

export default defineConfig({
  // The page's own names, in what tests its modules.
  resolve: {
    alias: {
      $contracts: path.join(import.meta.dirname, 'common/contracts'),
      $lib: path.join(import.meta.dirname, 'web/src/lib'),
    },
  },
  test: {
    environment: 'node',
    pool: 'forks',
    maxWorkers: '100%',
    projects: [
      project('unit'),
      project('golden'),
      project('model', { ...inPairs, testTimeout: 120_000 }),
      project('integration', { ...inPairs, ...patient, globalSetup: services }),
      project('e2e', {
        fileParallelism: false,
        ...patient,
        globalSetup: ['tests/support/page-setup.ts', ...services],
      }),
    ],
  },
});
