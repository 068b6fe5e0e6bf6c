import { runEvaluation } from '../../worker/runs/evaluation.js';
import type { Command } from './command.js';
import { describeArguments, kinds, parseRunArguments } from './run-arguments.js';
import { RunProgress } from './run-progress.js';

/** `npx attune eval dpo --model base.gguf --adapter adapter.gguf --data pairs.jsonl` */
export const evalCommand: Command = {
  summary: `judges a model or an adapter by examples: ${kinds.join(', ')}`,
  describe: (more) =>
    describeArguments(
      'npx attune eval <kind> --model base.gguf [--adapter adapter.gguf] --data rows.jsonl',
      more,
      ['model', 'adapter', 'data', 'gpu', 'threads', 'json'],
    ),
  async run(args) {
    const { request, json } = parseRunArguments(args, ['model', 'data']);
    const controller = new AbortController();
    process.on('SIGINT', () => controller.abort());
    const progress = new RunProgress();
    const emit = json ? () => {} : progress.show.bind(progress);
    const metrics = await runEvaluation(request, { emit, signal: controller.signal });
    if (json) console.log(JSON.stringify(metrics));
    else {
      process.stderr.write('\n');
      for (const [name, value] of Object.entries(metrics))
        console.log(`${name.padEnd(24)} ${value.toFixed(6)}`);
    }
    return 0;
  },
};
