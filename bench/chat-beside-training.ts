/**
 * What people notice of training: the same chats without a run, beside one that shares the machine, and beside one that lets the chat go
 * first. One installation, one model that answers and is trained; the three take turns, so that all meet the same minutes of the machine.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { RunSharing } from '../common/contracts/run-records.js';
import type { Bench } from './bench.js';
import { openFigures, type ChatFigures } from './chat-figures.js';
import { usualTokens } from './chat-load.js';
import type { ChatPeople } from './chat-people.js';
import { openStack } from './contenders.js';

const crowds = [1, 4];
const rounds = 3;
/** Between two rounds, so that a run that stands still for the chat goes on again. */
const restMs = 8000;
const tokens = usualTokens;

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

export const chatBesideTraining: Bench = {
  summary: 'chats without a training run and beside one, by how it shares the machine',
  async run({ modelPath, say }) {
    await using stack = await openStack(modelPath, { isEmbeddedOnly: false });
    const trainer = await Trainer.create(stack.people);
    await stack.run({ round: 0, chats: 2, tokens });
    const figures = new Map(crowds.map((chats) => [chats, openFigures(situations)]));
    let round = 1;
    for (let turn = 0; turn < rounds; turn++)
      for (const situation of situations) {
        const { name, sharing } = situation;
        const runId = sharing === null ? null : await trainer.start(sharing);
        for (const [chats, bySituation] of figures) {
          say(`round ${turn + 1}: ${name}, ${chats} at once`);
          await delay(restMs);
          bySituation.get(situation)?.add(await stack.run({ round: round++, chats, tokens }));
        }
        if (runId !== null) await trainer.end(runId);
      }
    return [
      {
        title: 'Chats beside a DPO run of the same model',
        columns: ['', 'chats at once', 'first token p50, ms', 'max, ms', 'tokens/s of all', 'of no run'],
        rows: situations.flatMap((situation) => [...figures].map((entry) => toRow(situation, ...entry))),
        notes: [
          `${rounds} rounds, answers of at most ${tokens} tokens; every round begins ${restMs / 1000} s after the one before, with the run at work.`,
          'LoRA of rank 16 on pairs of answers of about 60 tokens, batches of 4.',
        ],
      },
    ];
  },
};

function toRow(situation: Situation, chats: number, figures: ReadonlyMap<Situation, ChatFigures>) {
  const [alone] = [...figures.values()];
  const own = figures.get(situation);
  if (!alone || !own) throw new TypeError('nothing was measured');
  return [
    situation.name,
    chats,
    Math.round(own.firstTokenMs),
    Math.round(own.firstTokenMsOf(1)),
    own.tokensPerSecond.toFixed(1),
    (own.tokensPerSecond / alone.tokensPerSecond).toFixed(2),
  ];
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
