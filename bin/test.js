#!/usr/bin/env node
/**
 * `npm test`: makes the clone testable (packages, build, a browser), then runs every kind of test, the quick ones first.
 *
 * Plain JavaScript with Node's own modules alone: it runs in a fresh clone. Further arguments go to vitest; `--project NAME` picks.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildStale, projectRoot } from './build.js';
import { findChromium } from './chromium.js';
import { install } from './install.js';

/** In the order in which they run. Those that start processes or use every core run one file at a time. */
const projects = [
  { name: 'unit', flags: [] },
  { name: 'golden', flags: [] },
  { name: 'model', flags: ['--no-file-parallelism'] },
  { name: 'integration', flags: ['--no-file-parallelism'] },
  { name: 'e2e', flags: ['--no-file-parallelism'], needsBrowser: true },
];

const { wanted, rest } = readArguments(process.argv.slice(2));
const totals = { passed: 0, failed: 0 };
if (install() && buildStale()) for (const project of wanted) add(runProject(project));
else totals.failed = 1;

console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;

function runProject({ name, flags, needsBrowser }) {
  const chromium = needsBrowser ? findChromium() : process.env.CHROMIUM_PATH;
  if (needsBrowser && !chromium) return { passed: 0, failed: 1 };
  const folder = mkdtempSync(path.join(tmpdir(), 'attune-report-'));
  const report = path.join(folder, 'report.json');
  const { status } = spawnSync(
    process.execPath,
    [
      path.join('node_modules', 'vitest', 'vitest.mjs'),
      ...['run', '--project', name, ...flags, '--passWithNoTests', ...rest],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ],
    {
      cwd: projectRoot,
      stdio: 'inherit',
      env: { ...process.env, ...(chromium && { CHROMIUM_PATH: chromium }) },
    },
  );
  const counts = readReport(report);
  rmSync(folder, { recursive: true, force: true });
  // What fails outside a test (a set-up, an unhandled rejection) is a failure too.
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** A file that could not even be loaded has no tests to count, and counts as one that failed. */
function readReport(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const broken = report.testResults.filter(
      (result) =>
        result.status === 'failed' && result.assertionResults.every(({ status }) => status !== 'failed'),
    );
    return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

function add({ passed, failed }) {
  totals.passed += passed;
  totals.failed += failed;
}

function readArguments(args) {
  const names = args.flatMap((arg, index) => (args[index - 1] === '--project' ? [arg] : []));
  const others = args.filter((arg, index) => arg !== '--project' && args[index - 1] !== '--project');
  return {
    wanted: names.length > 0 ? projects.filter(({ name }) => names.includes(name)) : projects,
    rest: others,
  };
}
