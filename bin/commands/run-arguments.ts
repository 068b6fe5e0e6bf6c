/** What `train` and `eval` share: which kind, which files, which machine, and the settings. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '../../common/contracts/errors.js';
import { listRewardVersions } from '../../common/contracts/rewards.js';
import { isOnline, runConfigSchemas, type RunConfig, type RunKind } from '../../common/contracts/runs.js';
import { readConfig } from '../../common/config/config.js';
import { runRequestSchema, type RunRequest } from '../../worker/runs/run-request.js';
import { configFlags, parseConfig } from './config-flags.js';
import { parseReward, rewardHelp } from './reward-flag.js';

/** Flags besides the settings. */
export const fileFlags = {
  model: 'GGUF of the model',
  data: "JSONL of examples, in TRL's formats",
  'eval-data': 'JSONL to judge by, instead of a held-out share of --data',
  out: 'folder for what the run makes',
  adapter: 'adapter (GGUF) to go on from, or to judge',
  mix: 'JSONL of text whose likelihood is mixed in, for ppo with --ptx-gamma',
  merge: 'also write the merged model as F32, F16, BF16 or Q8_0',
  gpu: 'auto, cuda, vulkan, metal or off',
  threads: 'CPU threads',
} as const;
export const switches = {
  resume: 'go on from the last checkpoint in --out',
  'recompute-layers': 'compute activations twice: slower, far less memory',
  json: 'print events as JSON lines',
} as const;

/** Flags that may be given several times. */
export const repeated = { reward: rewardHelp } as const;

export const kinds = Object.keys(runConfigSchemas) as RunKind[];
const isKind = (kind: string | undefined): kind is RunKind => kinds.some((known) => known === kind);

export interface RunArguments {
  request: RunRequest;
  json: boolean;
}

/**
 * @param args  kind first, then flags
 * @throws AppError `RUN_CONFIG_INVALID` naming every flag that is unknown, missing or out of range
 */
export function parseRunArguments(
  [kind, ...args]: readonly string[],
  required: readonly (keyof typeof fileFlags)[],
): RunArguments {
  if (!isKind(kind)) {
    throw new AppError('RUN_CONFIG_INVALID', {
      issues: [`expected one of ${kinds.join(', ')}, got ${kind ?? 'nothing'}`],
    });
  }
  const values = parseFlags(kind, args);
  const missing = required.filter((name) => values[name] === undefined);
  if (missing.length > 0) {
    throw new AppError('RUN_CONFIG_INVALID', {
      issues: missing.map((name) => `--${name} is missing: ${fileFlags[name]}`),
    });
  }
  const settings = readConfig();
  const file = (name: keyof typeof fileFlags) =>
    values[name] === undefined ? null : path.resolve(String(values[name]));
  const config = withRewards(parseConfig(kind, values), values['reward']);
  const parsed = runRequestSchema.safeParse({
    config,
    rewardAdapters: namedByPath(config),
    mixPath: file('mix'),
    modelPath: file('model'),
    dataPath: file('data'),
    heldOutPath: file('eval-data'),
    outputPath: file('out') ?? '',
    startAdapterPath: file('adapter'),
    resume: values['resume'] === true,
    merge: values['merge'] ?? null,
    gpu: values['gpu'] ?? settings.gpu,
    llamaDirectory: settings.llamaDir,
    threads: values['threads'] === undefined ? null : Number(values['threads']),
    recomputeLayers: values['recompute-layers'] === true,
  });
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new AppError('RUN_CONFIG_INVALID', { issues });
  }
  return { request: parsed.data, json: values['json'] === true };
}

/** @throws AppError `RUN_CONFIG_INVALID` for a kind that learns from no reward */
function withRewards(config: RunConfig, typed: FlagValue): RunConfig {
  const rewards = (Array.isArray(typed) ? typed : []).map(parseReward);
  if (rewards.length === 0) return config;
  if (isOnline(config)) return { ...config, rewards };
  throw new AppError('RUN_CONFIG_INVALID', { issues: [`--reward: ${config.kind} learns from no reward`] });
}

/** On the command line a version is the path of its adapter. */
function namedByPath(config: RunConfig): Record<string, string> {
  if (!isOnline(config)) return {};
  const { rewards, heldOutRewardVersionId } = config;
  const paths = [
    ...listRewardVersions(rewards),
    ...(heldOutRewardVersionId === null ? [] : [heldOutRewardVersionId]),
  ];
  return Object.fromEntries(paths.map((file) => [file, path.resolve(file)]));
}

type FlagValue = string | boolean | string[] | undefined;

function parseFlags(kind: RunKind, args: readonly string[]): Record<string, FlagValue> {
  const config = configFlags(kind).map(
    ({ name, type }) => [name, type === 'boolean' ? 'boolean' : 'string'] as const,
  );
  const single = Object.fromEntries(
    [
      ...config,
      ...Object.keys(fileFlags).map((name) => [name, 'string'] as const),
      ...Object.keys(switches).map((name) => [name, 'boolean'] as const),
    ].map(([name, type]) => [name, { type }]),
  );
  const several = Object.fromEntries(
    Object.keys(repeated).map((name) => [name, { type: 'string', multiple: true } as const]),
  );
  const options = { ...single, ...several };
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true, allowNegative: true });
    return values as Record<string, FlagValue>;
  } catch (error) {
    const issue = error instanceof Error ? error.message : String(error);
    throw new AppError('RUN_CONFIG_INVALID', { issues: [issue] }, error);
  }
}

/** Help for one kind, or for all when none is named. */
export function describeArguments(
  usage: string,
  [kind]: readonly string[],
  flags: readonly string[],
): string {
  const all: Record<string, string> = { ...fileFlags, ...repeated, ...switches };
  const line = (name: string, help: string) => `  --${name.padEnd(30)} ${help}`;
  const lines = [usage, '', ...flags.map((name) => line(name, all[name] ?? ''))];
  if (!isKind(kind))
    return [...lines, '', `Kinds: ${kinds.join(', ')}. Name one to see its settings.`].join('\n');
  return [
    ...lines,
    '',
    `Settings of ${kind}:`,
    ...configFlags(kind).map(({ name, help }) => line(name, help)),
  ].join('\n');
}
