/**
 * `--reward` as it is typed, once for each reward: `model:PATH`, `check:KIND,name=value,…` or `judge:WHAT TO JUDGE BY`, with `@WEIGHT` behind
 * it where the weight is not 1. A check's values are what its schema takes: several texts are separated by `|`, a JSON schema is JSON.
 */
import path from 'node:path';
import { z } from 'zod';
import { checkSchemas, type CheckKind } from '../../common/contracts/checks.js';
import { AppError } from '../../common/contracts/errors.js';
import { rewardSchema, type Reward } from '../../common/contracts/rewards.js';
import { settingTypes } from './config-flags.js';

export const rewardHelp =
  'what an answer is worth, once for each: model:PATH, check:length,max=20 or judge:TEXT, with @0.5 behind it for a weight';

/** @throws AppError `RUN_CONFIG_INVALID` naming what cannot be read */
export function parseReward(typed: string): Reward {
  const [, type = '', rest = '', weight] = /^(\w+):(.*?)(?:@(-?[\d.]+))?$/s.exec(typed) ?? [];
  const shapes: Readonly<Record<string, () => object>> = {
    model: () => ({ versionId: path.resolve(rest) }),
    judge: () => ({ prompt: rest }),
    check: () => ({ check: toCheck(rest) }),
  };
  const shape = shapes[type]?.();
  const parsed = rewardSchema.safeParse({ type, ...shape, ...(weight && { weight: Number(weight) }) });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(
    (issue) => `--reward ${typed}: ${issue.path.join('.')} ${issue.message}`,
  );
  throw new AppError('RUN_CONFIG_INVALID', { issues });
}

function toCheck(typed: string): Record<string, unknown> {
  const [, kind = '', settings = ''] = /^([^,]*),?(.*)$/s.exec(typed) ?? [];
  const schema = Object.hasOwn(checkSchemas, kind) ? checkSchemas[kind as CheckKind] : z.object({});
  const types = settingTypes(schema);
  // A comma parts settings only before the name of one: patterns and JSON have commas of their own.
  const parting = new RegExp(`,(?=(?:${[...types.keys()].join('|')})=)`);
  const pairs = settings === '' ? [] : settings.split(parting).map((setting) => toPair(setting, types));
  return { kind, ...Object.fromEntries(pairs) };
}

function toPair(setting: string, types: ReadonlyMap<string, string | undefined>): [string, unknown] {
  const [name = '', ...value] = setting.split('=');
  const read = readers[types.get(name) ?? ''];
  const typed = value.join('=');
  return [name, read ? read(typed) : typed];
}

/** By what a setting takes; what cannot be read so is left to the schema to refuse. */
const readers: Readonly<Record<string, (typed: string) => unknown>> = {
  integer: toNumber,
  number: toNumber,
  boolean: (typed) => (typed === 'true' || typed === 'false' ? typed === 'true' : typed),
  array: (typed) => typed.split('|'),
  object: toJson,
};

function toNumber(typed: string): unknown {
  return typed === '' ? typed : Number(typed);
}

function toJson(typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch {
    return typed;
  }
}
