/**
 * `--reward` as it is typed, once for each reward: `model:PATH`, `check:KIND,name=value,…` or `judge:WHAT TO JUDGE BY`, with `@WEIGHT` behind
 * it where the weight is not 1. A check's values are numbers, true or false, or texts; several texts are separated by `|`.
 */
import path from 'node:path';
import { AppError } from '../../common/contracts/errors.js';
import { rewardSchema, type Reward } from '../../common/contracts/rewards.js';

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
  const [kind, ...settings] = typed.split(',');
  const pairs = settings.map((setting) => {
    const [name = '', ...value] = setting.split('=');
    return [name, toValue(name, value.join('='))];
  });
  return { kind, ...Object.fromEntries(pairs) };
}

function toValue(name: string, typed: string): unknown {
  if (name === 'texts') return typed.split('|');
  if (typed === 'true' || typed === 'false') return typed === 'true';
  if (name === 'schema') return JSON.parse(typed) as unknown;
  return typed !== '' && Number.isFinite(Number(typed)) ? Number(typed) : typed;
}
