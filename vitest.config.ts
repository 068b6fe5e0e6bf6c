import path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** One project per kind of proof, so that the quick ones (`unit`, `golden`) can run before every commit. */
const project = (name: string, options: Record<string, unknown> = {}) => ({
  extends: true as const,
  test: { name, include: [`tests/${name}/**/*.test.ts`], ...options },
});

/** For files that compute by themselves, or start processes: more at once would take each other's cores and Postgres's connections. */
const inPairs = { maxWorkers: 2, sequence: { groupOrder: 1 } };
const services = ['tests/support/global-setup.ts'];

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
      { ...project('unit'), plugins: [svelte({ configFile: false })] },
      project('golden'),
      project('model', { ...inPairs, testTimeout: 120_000 }),
      project('integration', {
        ...inPairs,
        globalSetup: services,
        testTimeout: 180_000,
        hookTimeout: 180_000,
      }),
      project('e2e', {
        fileParallelism: false,
        globalSetup: ['tests/support/page-setup.ts', ...services],
        testTimeout: 180_000,
        hookTimeout: 180_000,
      }),
    ],
  },
});
