/** The table of benches, and the log that keeps their figures. Adding one = one file and one entry here. */
import os from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { AppError } from '../common/contracts/errors.js';
import type { Bench } from './bench.js';
import { convertBenchModel, obtainBenchModel } from './bench-model.js';
import { chatBesideTraining } from './chat-beside-training.js';
import { chatStack } from './chat-stack.js';
import { circle } from './circle.js';
import { costQueries } from './cost-queries.js';
import { feedbackQueries } from './feedback-queries.js';
import { inferenceLoop } from './inference-loop.js';
import { appendToLog } from './log.js';
import { reinforcement } from './reinforcement.js';
import { rewardReinforcement } from './reward-reinforcement.js';
import { ruleReinforcement } from './rule-reinforcement.js';
import { sharedPrompt } from './shared-prompt.js';
import { trainingStep } from './training-step.js';

const benches: Record<string, Bench> = {
  'chat-beside-training': chatBesideTraining,
  'chat-stack': chatStack,
  circle,
  costs: costQueries,
  feedback: feedbackQueries,
  'inference-loop': inferenceLoop,
  rl: reinforcement,
  'rl-prompt': sharedPrompt,
  'rl-reward-model': rewardReinforcement,
  'rl-rule': ruleReinforcement,
  'training-step': trainingStep,
};

/** What a model may be converted to before it is measured. */
const weightType = z.enum(['F16', 'BF16', 'Q8_0', 'Q4_0', 'Q4_1']);

/**
 * @param args  names of benches, all of them when there is none; `--model FILE`, else the catalogue's default is fetched; `--type Q8_0`
 *              converts it first; `--threads N` to train with, else as many as the process may use; `--python PATH` to compare training
 *              with PyTorch
 * @returns the process's exit status
 */
export async function runBenches(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      model: { type: 'string' },
      type: { type: 'string' },
      threads: { type: 'string' },
      python: { type: 'string' },
    },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(benches);
  const unknown = names.filter((name) => !benches[name]);
  if (unknown.length > 0) {
    console.error(`There is no bench ${unknown.join(', ')}; there are:`);
    for (const [name, { summary }] of Object.entries(benches))
      console.error(`  ${name.padEnd(22)}${summary}`);
    return 2;
  }
  try {
    const original = values.model ?? (await obtainBenchModel());
    const modelPath = values.type
      ? await convertBenchModel(original, weightType.parse(values.type))
      : original;
    const context = {
      modelPath,
      threads: Number(values.threads ?? os.availableParallelism()),
      python: values.python ?? null,
      say: (line: string) => console.error(line),
    };
    for (const name of names) {
      const tables = await benches[name]?.run(context);
      console.log(await appendToLog(name, modelPath, tables ?? []));
    }
    return 0;
  } catch (error) {
    console.error(error instanceof AppError ? `${error.message} (${error.code})` : error);
    return 1;
  }
}
