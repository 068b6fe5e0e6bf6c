import type { RunEvent } from '../../common/contracts/run-events.js';
import { runInChild } from '../../worker/training/run-in-child.js';
import type { Command } from './command.js';
import {
  describeArguments,
  fileFlags,
  kinds,
  parseRunArguments,
  repeated,
  switches,
} from './run-arguments.js';
import { RunProgress } from './run-progress.js';

const exitCodes = { finished: 0, failed: 1, cancelled: 130 } as const;

/** `npx attune train dpo --model base.gguf --data pairs.jsonl --out runs/first` */
export const trainCommand: Command = {
  summary: `trains a model: ${kinds.join(', ')}`,
  describe: (more) =>
    describeArguments('npx attune train <kind> --model base.gguf --data rows.jsonl --out folder', more, [
      ...Object.keys(fileFlags),
      ...Object.keys(repeated),
      ...Object.keys(switches),
    ]),
  async run(args) {
    const { request, json } = parseRunArguments(args, ['model', 'data', 'out']);
    const controller = new AbortController();
    const cancel = () => controller.abort();
    process.on('SIGINT', cancel);
    process.on('SIGTERM', cancel);
    const progress = new RunProgress();
    const onEvent = (event: RunEvent) => {
      if (json) console.log(JSON.stringify(event));
      else progress.show(event);
    };
    const outcome = await runInChild(request, { onEvent, signal: controller.signal });
    return exitCodes[outcome.type];
  },
};
