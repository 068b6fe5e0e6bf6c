import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** One project per kind of proof, so that the quick ones (`unit`, `golden`) can run before every commit. */
const project = (name: string, options: Record<string, unknown> = {}) => ({
  extends: true as const,
  test: { name, include: [`tests/${name}/**/*.test.ts`], ...options },
});

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
    projects: [
      project('unit'),
      project('golden'),
      project('model', { testTimeout: 120_000 }),
      project('integration', { globalSetup: services, testTimeout: 60_000, hookTimeout: 120_000 }),
      project('e2e', { globalSetup: services, testTimeout: 180_000, hookTimeout: 180_000 }),
    ],
  },
});
