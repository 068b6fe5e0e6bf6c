/**
 * What it all costs: tokens, seconds of computing, energy and people's time, counted where they happen; and at an admin's prices, money.
 */
import { z } from 'zod';

const amount = z.number().min(0);
const count = z.int().min(0);
const named = z.strictObject({ id: z.uuid(), name: z.string() });

/** `answer` in the chat, `completion` by the API, `label` an act of feedback; `sample` is heard while a run trains. */
export const useKinds = [
  'answer',
  'completion',
  'title',
  'embedding',
  'run',
  'sample',
  'evaluation',
  'estimate',
  'label',
] as const;
export const useKindSchema = z.enum(useKinds);
export type UseKind = (typeof useKinds)[number];
/** Those that compute. */
export type ComputeKind = Exclude<UseKind, 'label'>;

export const useSchema = z.strictObject({
  /** Answers, completions, titles, or acts of feedback. */
  count,
  /** That something computed: of several answers in one step, each its share; what computes beside it on the same machine counts its own. */
  computeSeconds: amount,
  /** Of these, those whose energy a device told. */
  measuredSeconds: amount,
  /** Joules that it told. */
  joules: amount,
  promptTokens: count,
  /** Of the prompt, found in a cache. */
  cachedTokens: count,
  completionTokens: count,
  /** From seeing answers to deciding. */
  personSeconds: amount,
});
export type Use = z.infer<typeof useSchema>;

export const noUse: Use = {
  count: 0,
  computeSeconds: 0,
  measuredSeconds: 0,
  joules: 0,
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: 0,
  personSeconds: 0,
};

/** Body of `PUT /api/costs/prices`. */
export const pricesSchema = z.strictObject({
  /** ISO 4217. */
  currency: z.string().regex(/^[A-Z]{3}$/),
  perKilowattHour: amount,
  /** Of a machine that computes: what it costs to own or to rent, without its energy. */
  perMachineHour: amount,
  /** Of somebody who gives feedback. */
  perPersonHour: amount,
  /** Power of the machine while it computes, where no device tells; null leaves such energy out. */
  assumedWatts: amount.nullable(),
  /** Of a hosted API to compare with, by the million tokens. */
  hostedPerMillionPromptTokens: amount,
  hostedPerMillionCompletionTokens: amount,
});
export type Prices = z.infer<typeof pricesSchema>;

/** Until an admin says otherwise. */
export const initialPrices: Prices = {
  currency: 'USD',
  perKilowattHour: 0,
  perMachineHour: 0,
  perPersonHour: 0,
  assumedWatts: null,
  hostedPerMillionPromptTokens: 0,
  hostedPerMillionCompletionTokens: 0,
};

/** Money, by what it is for. */
export interface Cost {
  energy: number;
  machine: number;
  people: number;
  total: number;
  kilowattHours: number;
  /** Some of the energy was not measured but reckoned from the assumed power. */
  isAssumed: boolean;
}

const joulesPerKilowattHour = 3.6e6;
const secondsPerHour = 3600;

/** What a use costs. */
export function toCost(use: Use, prices: Prices): Cost {
  const unmeasured = Math.max(0, use.computeSeconds - use.measuredSeconds);
  const assumed = unmeasured * (prices.assumedWatts ?? 0);
  const kilowattHours = (use.joules + assumed) / joulesPerKilowattHour;
  const energy = kilowattHours * prices.perKilowattHour;
  const machine = (use.computeSeconds / secondsPerHour) * prices.perMachineHour;
  const people = (use.personSeconds / secondsPerHour) * prices.perPersonHour;
  return { energy, machine, people, total: energy + machine + people, kilowattHours, isAssumed: assumed > 0 };
}

/** What the hosted API would take for the same tokens. It has no cache of ours: every prompt token counts. */
export function toHostedCost({ promptTokens, completionTokens }: Use, prices: Prices): number {
  const { hostedPerMillionPromptTokens, hostedPerMillionCompletionTokens } = prices;
  return (
    (promptTokens * hostedPerMillionPromptTokens + completionTokens * hostedPerMillionCompletionTokens) / 1e6
  );
}

export function addUses(uses: readonly Use[]): Use {
  const sum = { ...noUse };
  for (const use of uses) for (const key of Object.keys(sum) as (keyof Use)[]) sum[key] += use[key];
  return sum;
}

/** `GET /api/costs/prices`. */
export const pricingSchema = z.strictObject({
  prices: pricesSchema,
  /** Mean power over all that was measured, while it computed; null where nothing was. */
  measuredWatts: amount.nullable(),
});
export type Pricing = z.infer<typeof pricingSchema>;

/** Query of `GET /api/costs`: days in UTC, both included. */
export const costsQuerySchema = z.strictObject({
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
});
export type CostsQuery = z.infer<typeof costsQuerySchema>;

export const runCostSchema = named.extend({
  kind: z.string(),
  /** Of the base and of what was trained; null for a run that did not begin. */
  parameters: count.nullable(),
  trainedParameters: count.nullable(),
  isFull: z.boolean(),
  /** A second model is asked for every token. */
  usesReference: z.boolean(),
  /** That it trained on. */
  tokens: count,
  /** Samples that were heard meanwhile included. */
  use: useSchema,
});
export type RunCost = z.infer<typeof runCostSchema>;

/** What it took to come to a version: feedback that the one before had not learnt from, run, evaluations. */
export const versionCostSchema = z.strictObject({
  version: named,
  labels: useSchema,
  run: useSchema,
  evaluations: useSchema,
});
export type VersionCost = z.infer<typeof versionCostSchema>;

/** `GET /api/costs`. */
export const costsSchema = pricingSchema.extend({
  /** Days in UTC on which anything was used, in order. */
  days: z.array(z.strictObject({ day: z.iso.date(), kind: useKindSchema, use: useSchema })),
  /** Those that used most. Null is whoever is gone, and the installation itself. */
  users: z.array(z.strictObject({ user: named.nullable(), use: useSchema })),
  /** The newest runs and versions, whatever the days. */
  runs: z.array(runCostSchema),
  versions: z.array(versionCostSchema),
});
export type Costs = z.infer<typeof costsSchema>;

/** `GET /api/costs/runs/:id` and `GET /api/costs/answers/:id`: what one thing took, at today's prices. */
export const subjectCostSchema = pricingSchema.extend({ use: useSchema });
export type SubjectCost = z.infer<typeof subjectCostSchema>;

/** `GET /api/costs/rounds/:id`: feedback that a round was the first to learn from, its runs, and the evaluations of what it made. */
export const roundCostSchema = pricingSchema.extend({
  labels: useSchema,
  runs: useSchema,
  /** That its runs trained on. */
  tokens: count,
  evaluations: useSchema,
});
export type RoundCost = z.infer<typeof roundCostSchema>;
