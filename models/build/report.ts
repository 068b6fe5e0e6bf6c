/** The recipe and what came of it, as Markdown for bench/LOG.md. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Examination } from '../check/examination.js';
import type { Recipe } from './recipe.js';
import type { StepReport } from './train-phase.js';
import { readCurve, type WorkFolder } from './work-folder.js';

const pointsOfCurve = 12;

export async function writeReport(
  folder: WorkFolder,
  recipe: Recipe,
  examination: Examination,
): Promise<void> {
  const curve = await readCurve(folder);
  const sum = (read: (report: StepReport) => number) =>
    curve.reduce((total, report) => total + read(report), 0);
  const seconds = sum((report) => report.seconds);
  const tokens = sum((report) => report.tokens);
  const lines = [
    `- recipe: \`${JSON.stringify(recipe)}\``,
    `- ${tokens} tokens in ${curve.length} steps and ${Math.round(seconds)} s: ${Math.round(tokens / seconds)} tokens/s`,
    `- held-out prompts answered right: ${examination.right} of ${examination.asked} (${percent(examination)})`,
    '',
    '| phase | step | loss | token accuracy |',
    '| --- | --- | --- | --- |',
    ...thin(curve).map(
      ({ phase, step, loss, accuracy }) =>
        `| ${phase} | ${step} | ${loss.toFixed(3)} | ${accuracy.toFixed(3)} |`,
    ),
    '',
    '| topic | right | asked |',
    '| --- | --- | --- |',
    ...Object.entries(examination.byTopic).map(
      ([topic, { right, asked }]) => `| ${topic} | ${right} | ${asked} |`,
    ),
    '',
  ];
  await writeFile(path.join(path.dirname(folder.curve), 'report.md'), lines.join('\n'));
}

function percent({ right, asked }: Examination): string {
  return `${((100 * right) / asked).toFixed(1)} %`;
}

function thin(curve: readonly StepReport[]): StepReport[] {
  const stride = Math.max(1, Math.floor(curve.length / pointsOfCurve));
  return curve.filter((_, index) => index === 0 || (index + 1) % stride === 0 || index === curve.length - 1);
}
