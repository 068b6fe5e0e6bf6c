/** The steps of the circle over the public interface, each awaited to its end. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { ChatPeople } from './chat-people.js';

const idSchema = z.object({ id: z.uuid() });
const countsSchema = z.object({
  counts: z.object({ preference: z.object({ train: z.int(), held_out: z.int() }) }),
});
const runSchema = z.object({
  state: z.string(),
  step: z.int(),
  error: z.unknown(),
  metrics: z.record(z.string(), z.number()),
  resultVersionId: z.uuid().nullable(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
});
const pointsSchema = z.object({
  points: z.array(z.object({ step: z.int(), metrics: z.record(z.string(), z.number()) })),
});
const evaluationSchema = z.object({
  state: z.string(),
  error: z.unknown(),
  result: z
    .object({
      pairs: z.int(),
      wins: z.int(),
      margin: z.number(),
      kl: z.number().nullable().optional(),
      candidate: z.object({ accuracy: z.number(), answerLength: z.number() }),
      live: z.object({ accuracy: z.number(), answerLength: z.number() }),
    })
    .nullable(),
});
const versionsSchema = z.object({
  versions: z.array(
    z.object({
      id: z.uuid(),
      modelId: z.uuid(),
      name: z.string(),
      isLive: z.boolean(),
      hasAdapter: z.boolean(),
    }),
  ),
});
const standingSchema = z.object({ gate: z.object({ passes: z.boolean(), reason: z.string().nullable() }) });

export type DoneRun = z.infer<typeof runSchema> & {
  points: z.infer<typeof pointsSchema>['points'];
  seconds: number;
};
export type Version = z.infer<typeof versionsSchema>['versions'][number];

export class CircleSteps {
  constructor(private readonly people: ChatPeople) {}

  async getLive(): Promise<Version> {
    const { versions } = versionsSchema.parse(await this.people.call('GET', '/api/models'));
    const live = versions.find(({ isLive }) => isLive);
    if (!live) throw new Error('Nothing is live.');
    return live;
  }

  /** Everything that was said. @returns its id and its pairs */
  async freeze(heldOutFraction: number): Promise<{ id: string; train: number; heldOut: number }> {
    const body = { name: 'A taste', splitSettings: { heldOutFraction, seed: 42 } };
    const dataset = await this.people.call('POST', '/api/datasets', body);
    const { train, held_out: heldOut } = countsSchema.parse(dataset).counts.preference;
    return { ...idSchema.parse(dataset), train, heldOut };
  }

  async train(config: object, datasetId: string, startVersionId: string): Promise<DoneRun> {
    const started = await this.people.call('POST', '/api/runs', { config, datasetId, startVersionId });
    const { id } = idSchema.parse(started);
    const run = await this.#until(`/api/runs/${id}`, runSchema);
    const { points } = pointsSchema.parse(await this.people.call('GET', `/api/runs/${id}/points`));
    const seconds = (Date.parse(run.finishedAt ?? '') - Date.parse(run.startedAt ?? '')) / 1000;
    return { ...run, points, seconds };
  }

  /** Against what is live, on the dataset's held-out pairs. */
  async evaluate(candidateId: string, datasetId: string) {
    const wanted = { candidateId, datasetId, promptSetIds: [] };
    const { id } = idSchema.parse(await this.people.call('POST', '/api/evaluations', wanted));
    const { result } = await this.#until(`/api/evaluations/${id}`, evaluationSchema);
    if (!result) throw new Error('An evaluation has no result.');
    const { gate } = standingSchema.parse(
      await this.people.call('GET', `/api/versions/${candidateId}/standing`),
    );
    return { ...result, gate };
  }

  /** By the gate, else with a reason. */
  async promote(versionId: string, passes: boolean): Promise<void> {
    const reason = passes ? null : 'The figures after it are wanted all the same.';
    await this.people.call('POST', `/api/versions/${versionId}/promote`, { reason });
  }

  async rollBack(modelId: string): Promise<void> {
    await this.people.call('POST', `/api/models/${modelId}/rollback`);
  }

  /** @throws Error when it failed */
  async #until<T extends { state: string; error?: unknown }>(path: string, schema: z.ZodType<T>): Promise<T> {
    for (;;) {
      const now = schema.parse(await this.people.call('GET', path));
      if (now.state === 'succeeded') return now;
      if (now.state === 'failed' || now.state === 'cancelled')
        throw new Error(`${path} is ${now.state}: ${JSON.stringify(now.error)}`);
      await delay(500);
    }
  }
}
