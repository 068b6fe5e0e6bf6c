/**
 * What people notice of training: the same chats without a run, beside one that shares the machine, and beside one that lets the chat go
 * first. One installation, one model that answers and is trained; the three take turns, so that all meet the same minutes of the machine.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { RunSharing } from '../common/contracts/run-records.js';
import type { Bench } from './bench.js';
import { answerTokens, type ChatResult } from './chat-load.js';
import type { ChatPeople } from './chat-people.js';
import { openStack } from './contenders.js';
import { median, quantile } from './statistics.js';

const crowds = [1, 4];
const rounds = 3;
/** Between two rounds, so that a run that stands still for the chat goes on again. */
const restMs = 8000;

const created = z.object({ id: z.uuid() });
const models = z.object({
  models: z.array(z.object({ id: z.uuid(), isDefault: z.boolean() })),
  versions: z.array(z.object({ id: z.uuid(), modelId: z.uuid() })),
});
const runState = z.object({ state: z.string(), step: z.int(), error: z.unknown() });

interface Situation {
  name: string;
  sharing: RunSharing | null;
}
const situations: readonly Situation[] = [
  { name: 'no run', sharing: null },
  { name: 'a run that shares', sharing: 'share' },
  { name: 'a run that lets the chat go first', sharing: 'idle' },
];

interface Measured {
  firstTokenMs: number[];
  tokensPerSecond: number[];
}

export const chatBesideTraining: Bench = {
  summary: 'chats without a training run and beside one, by how it shares the machine',
  async run({ modelPath, say }) {
    await using stack = await openStack(modelPath, { isEmbeddedOnly: false });
    const trainer = await Trainer.create(stack.people);
    await stack.run(0, 2);
    const measured = new Map<string, Measured>();
    let round = 1;
    for (let turn = 0; turn < rounds; turn++)
      for (const { name, sharing } of situations) {
        const runId = sharing === null ? null : await trainer.start(sharing);
        for (const chats of crowds) {
          say(`round ${turn + 1}: ${name}, ${chats} at once`);
          await delay(restMs);
          record(measured, `${name}, ${chats}`, await stack.run(round++, chats));
        }
        if (runId !== null) await trainer.end(runId);
      }
    return [
      {
        title: 'Chats beside a DPO run of the same model',
        columns: ['', 'chats at once', 'first token p50, ms', 'max, ms', 'tokens/s of all', 'of no run'],
        rows: situations.flatMap(({ name }) =>
          crowds.map((chats) => {
            const { firstTokenMs, tokensPerSecond } = getMeasured(measured, `${name}, ${chats}`);
            const alone = median(getMeasured(measured, `no run, ${chats}`).tokensPerSecond);
            const speed = median(tokensPerSecond);
            return [
              name,
              chats,
              Math.round(median(firstTokenMs)),
              Math.round(quantile(firstTokenMs, 1)),
              speed.toFixed(1),
              (speed / alone).toFixed(2),
            ];
          }),
        ),
        notes: [
          `${rounds} rounds, answers of at most ${answerTokens} tokens; every round begins ${restMs / 1000} s after the one before, with the run at work.`,
          'LoRA of rank 16 on pairs of answers of about 60 tokens, batches of 4.',
        ],
      },
    ];
  },
};

function getMeasured(measured: Map<string, Measured>, key: string): Measured {
  const entry = measured.get(key) ?? { firstTokenMs: [], tokensPerSecond: [] };
  measured.set(key, entry);
  return entry;
}

function record(measured: Map<string, Measured>, key: string, results: readonly ChatResult[]): void {
  const { firstTokenMs, tokensPerSecond } = getMeasured(measured, key);
  firstTokenMs.push(...results.map((result) => result.firstTokenMs));
  const tokens = results.reduce((sum, result) => sum + result.tokens, 0);
  tokensPerSecond.push((1000 * tokens) / Math.max(...results.map(({ endMs }) => endMs)));
}

/** Runs that go on until they are told to end. */
class Trainer {
  private constructor(
    private readonly people: ChatPeople,
    private readonly datasetId: string,
    private readonly startVersionId: string,
  ) {}

  static async create(people: ChatPeople): Promise<Trainer> {
    const answer = (words: string) => Array.from({ length: 20 }, () => words).join(' ');
    const rows = Array.from({ length: 16 }, (_, row) =>
      JSON.stringify({
        prompt: [{ role: 'user', content: `Question ${row}: what is to be seen from the hill?` }],
        chosen: [{ role: 'assistant', content: answer('A ship.') }],
        rejected: [{ role: 'assistant', content: answer('No idea.') }],
      }),
    );
    const upload = '/api/datasets/upload?name=bench&fileName=pairs.jsonl&format=trl-conversational';
    const { id } = created.parse(await people.call('POST', upload, rows.join('\n')));
    const found = models.parse(await people.call('GET', '/api/models'));
    const model = found.models.find(({ isDefault }) => isDefault);
    const version = found.versions.find(({ modelId }) => modelId === model?.id);
    return new Trainer(people, id, version?.id ?? '');
  }

  /** @returns its id, once it trains */
  async start(sharing: RunSharing): Promise<string> {
    const { datasetId, startVersionId } = this;
    const config = { kind: 'dpo', batchSize: 4, epochs: 100 };
    const body = { config, datasetId, startVersionId, sharing };
    const { id } = created.parse(await this.people.call('POST', '/api/runs', body));
    await this.#until(id, ({ step }) => step >= 1);
    return id;
  }

  async end(id: string): Promise<void> {
    await this.people.call('POST', `/api/runs/${id}/cancel`, {});
    await this.#until(id, ({ state }) => state === 'cancelled');
  }

  async #until(id: string, isSo: (run: z.infer<typeof runState>) => boolean): Promise<void> {
    for (;;) {
      const run = runState.parse(await this.people.call('GET', `/api/runs/${id}`));
      if (isSo(run)) return;
      if (run.state === 'failed') throw new Error(`The run failed: ${JSON.stringify(run.error)}`);
      await delay(500);
    }
  }
}
