#!/usr/bin/env node
/**
 * `npm test`: makes the clone testable (packages, build, a browser), then runs every kind of test, the quick ones first.
 *
 * Plain JavaScript with Node's own modules alone: it runs in a fresh clone. Further arguments go to vitest; `--project NAME` picks.
 */
import './node-version.js';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildStale, projectRoot } from './build.js';
import { findChromium } from './chromium.js';
import { install } from './install.js';

/** In the order in which they run. */
const projects = [
  { name: 'unit' },
  { name: 'golden' },
  { name: 'model' },
  { name: 'integration' },
  { name: 'e2e', needsBrowser: true },
];

const { wanted, rest } = readArguments(process.argv.slice(2));
const totals = { passed: 0, failed: 0 };
const failures = [];
if (install() && buildStale()) for (const project of wanted) add(runProject(project));
else totals.failed = 1;

// Told again at the end, where they are found without reading through all that was printed.
for (const failure of failures) console.log(`\nFAILED ${failure}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;

function runProject({ name, needsBrowser }) {
  const chromium = needsBrowser ? findChromium() : process.env.CHROMIUM_PATH;
  if (needsBrowser && !chromium) return { passed: 0, failed: 1, failures: [`${name}: no browser`] };
  const folder = mkdtempSync(path.join(tmpdir(), 'attune-report-'));
  const report = path.join(folder, 'report.json');
  const { status } = spawnSync(
    process.execPath,
    [
      path.join('node_modules', 'vitest', 'vitest.mjs'),
      ...['run', '--project', name, '--passWithNoTests', ...rest],
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
  if (status !== 0 && counts.failed === 0)
    return { ...counts, failed: 1, failures: [`${name}, outside its tests`] };
  return counts;
}

/** A file that could not even be loaded has no tests to count, and counts as one that failed. */
function readReport(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const failed = report.testResults.flatMap(({ name, status, message, assertionResults }) => {
      const tests = assertionResults.filter((test) => test.status === 'failed');
      const file = path.relative(projectRoot, name);
      if (status === 'failed' && tests.length === 0) return [`${file}\n${message}`];
      return tests.map((test) => `${file} > ${test.fullName}\n${test.failureMessages.join('\n')}`);
    });
    return { passed: report.numPassedTests, failed: failed.length, failures: failed };
  } catch {
    return { passed: 0, failed: 0, failures: [] };
  }
}

function add(counts) {
  totals.passed += counts.passed;
  totals.failed += counts.failed;
  failures.push(...counts.failures);
}

function readArguments(args) {
  const names = args.flatMap((arg, index) => (args[index - 1] === '--project' ? [arg] : []));
  const others = args.filter((arg, index) => arg !== '--project' && args[index - 1] !== '--project');
  return {
    wanted: names.length > 0 ? projects.filter(({ name }) => names.includes(name)) : projects,
    rest: others,
  };
}
