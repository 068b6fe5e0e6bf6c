/** The page that goes with a trained model: what it is, where it comes from, how it did. */
import { learningRateOf } from '../../common/contracts/runs.js';
import type { DataReport, RunVerdict } from '../../common/contracts/run-events.js';
import type { TrainingLineage } from '../../common/contracts/lineage.js';
import { markdownTable } from '../../common/data/markdown-table.js';

export interface CardContent {
  lineage: TrainingLineage;
  steps: number;
  train: DataReport;
  heldOut: DataReport | null;
  /** Last step's, and the held-out examples' before the first step and after the last. */
  metrics: Readonly<Record<string, number>>;
  before: Readonly<Record<string, number>> | null;
  after: Readonly<Record<string, number>> | null;
  verdicts: readonly RunVerdict[];
}

const titles = {
  sft: 'supervised fine-tuning',
  pretrain: 'pretraining',
  reward: 'a reward model',
  dpo: 'direct preference optimisation',
  kto: 'Kahneman-Tversky optimisation',
  orpo: 'odds-ratio preference optimisation',
  simpo: 'simple preference optimisation',
  grpo: 'group-relative policy optimisation',
  rloo: 'REINFORCE with the other answers as the baseline',
  ppo: 'proximal policy optimisation',
  best_of_n: 'imitation of the best of its own answers',
} as const;

/** Markdown. */
export function writeModelCard(content: CardContent): string {
  const { lineage, steps } = content;
  const { config } = lineage;
  return [
    `# ${lineage.baseName}, after ${titles[config.kind]}`,
    '',
    config.mode === 'lora'
      ? `A LoRA adapter (rank ${config.lora.rank}, alpha ${config.lora.alpha}) on ${lineage.baseName}, trained by Attune on llama.cpp.`
      : `All weights of ${lineage.baseName}, trained by Attune on llama.cpp.`,
    '',
    '## Lineage',
    '',
    markdownTable(['what', 'value'], lineageRows(lineage)),
    '',
    '## Data',
    '',
    markdownTable(['', 'train', 'held out'], dataRows(content.train, content.heldOut)),
    '',
    `## Result after ${steps} steps`,
    '',
    ...resultLines(content),
    ...(content.verdicts.length > 0
      ? [
          '',
          '## Findings',
          '',
          ...content.verdicts.map(({ severity, message }) => `- ${severity}: ${message}`),
        ]
      : []),
    '',
    '## Settings',
    '',
    '```json',
    JSON.stringify({ ...config, learningRate: learningRateOf(config) }, null, 2),
    '```',
    '',
  ].join('\n');
}

function lineageRows(lineage: TrainingLineage): string[][] {
  const rows = [
    ['base', `${lineage.baseName} (${lineage.architecture})`],
    ['base SHA-256', `\`${lineage.baseSha256}\``],
    ['data SHA-256', `\`${lineage.dataSha256}\``],
    ['chat template SHA-256', `\`${lineage.templateSha256}\``],
    ['seed', String(lineage.config.seed)],
    ['code version', lineage.codeVersion],
  ];
  if (lineage.heldOutSha256) rows.splice(3, 0, ['held-out SHA-256', `\`${lineage.heldOutSha256}\``]);
  if (lineage.startAdapterSha256) {
    rows.splice(2, 0, ['starting adapter SHA-256', `\`${lineage.startAdapterSha256}\``]);
  }
  return rows;
}

function dataRows(train: DataReport, heldOut: DataReport | null): string[][] {
  const rows: [string, keyof DataReport][] = [
    ['examples', 'examples'],
    ['left out', 'dropped'],
    ['prompts cut', 'truncatedPrompts'],
    ['answers cut', 'truncatedAnswers'],
    ['longest, tokens', 'longest'],
    ['tokens', 'tokens'],
    ['tokens learnt', 'targets'],
  ];
  return rows.map(([title, key]) => [title, String(train[key]), heldOut ? String(heldOut[key]) : '-']);
}

function resultLines({ metrics, before, after }: CardContent): string[] {
  const lines = [markdownTable(['metric', 'last step'], figures(metrics, [metrics]))];
  if (after) {
    const columns = before ? [before, after] : [after];
    const heads = before ? ['metric', 'before', 'after'] : ['metric', 'after'];
    lines.push('', markdownTable(heads, figures(after, columns)));
  }
  return lines;
}

function figures(
  names: Readonly<Record<string, number>>,
  columns: readonly Readonly<Record<string, number>>[],
): string[][] {
  return Object.keys(names).map((name) => [name, ...columns.map((column) => figure(column[name]))]);
}

const figure = (value: number | undefined) =>
  value === undefined ? '-' : String(Number(value.toPrecision(6)));
