/**
 * The form of a run's settings, made from the one schema that the server checks by: fields with their words, ranges and defaults, and back
 * from what was typed to a config. A setting that is added to the schema appears by itself.
 */
import { z } from 'zod';
import { runConfigSchemas, type RunConfig, type RunKind } from '$contracts/runs';

export const formGroups = [
  'rollout',
  'method',
  'main',
  'guards',
  'adapter',
  'optimiser',
  'data',
  'checkpoints',
] as const;
export type FormGroup = (typeof formGroups)[number];
/** Groups that most people never open. */
export const advancedGroups: readonly FormGroup[] = ['adapter', 'optimiser', 'data', 'checkpoints'];

export interface ConfigField {
  /** `lora.rank` */
  path: string;
  group: FormGroup;
  title: string;
  help: string;
  unit: string;
  kind: 'number' | 'whole' | 'flag' | 'choice' | 'words' | 'text';
  /** Left empty it has a meaning of its own, which its help tells. */
  isOptional: boolean;
  initial: FormValue;
  min: number | undefined;
  max: number | undefined;
  choices: readonly string[];
}
/** As typed; `words` are separated by blanks or commas. */
export type FormValue = string | boolean;
export type FormValues = Record<string, FormValue>;

const groupOf: Readonly<Record<string, FormGroup>> = {
  groupSize: 'rollout',
  temperature: 'rollout',
  maxNewTokens: 'rollout',
  iterations: 'rollout',
  missingEndPenalty: 'rollout',
  lengthPenalty: 'rollout',
  samplingDifferenceBound: 'rollout',
  importanceSamplingCap: 'rollout',
  heldOutRewardVersionId: 'guards',
  keepBest: 'guards',
  stopAtKl: 'guards',
  stopAtEntropy: 'guards',
  stopAtLength: 'guards',
  stopAtRepetition: 'guards',
  epochs: 'main',
  batchSize: 'main',
  learningRate: 'main',
  maxLength: 'main',
  mode: 'main',
  schedule: 'optimiser',
  warmupSteps: 'optimiser',
  weightDecay: 'optimiser',
  maxGradNorm: 'optimiser',
  gradientAccumulationSteps: 'optimiser',
  maxSteps: 'optimiser',
  seed: 'optimiser',
  tooLong: 'data',
  heldOutFraction: 'data',
  shuffle: 'data',
  groupByLength: 'data',
  packing: 'data',
  evalEverySteps: 'checkpoints',
  checkpointEverySteps: 'checkpoints',
  keepCheckpoints: 'checkpoints',
};

/** What of JSON Schema the settings use. */
interface Node {
  title?: string;
  description?: string;
  unit?: string;
  default?: unknown;
  type?: string;
  enum?: string[];
  const?: string;
  anyOf?: Node[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  properties?: Record<string, Node>;
  items?: Node;
}

export function toFields(kind: RunKind): ConfigField[] {
  const schema = z.toJSONSchema(runConfigSchemas[kind], { io: 'input' }) as Node;
  return Object.entries(schema.properties ?? {}).flatMap(([name, node]) => {
    // A list of objects, such as the rewards, is more than a field; it has an editor of its own.
    if (node.const !== undefined || (node.items && node.items.type !== 'string')) return [];
    if (node.properties)
      return Object.entries(node.properties).map(([inner, child]) =>
        toField(`${name}.${inner}`, child, 'adapter'),
      );
    return [toField(name, node, groupOf[name] ?? 'method')];
  });
}

function toField(path: string, node: Node, group: FormGroup): ConfigField {
  const inner = node.anyOf?.find(({ type }) => type !== 'null') ?? node;
  // Zod writes the largest safe integer where a whole number has no other bound.
  const max = inner.maximum === Number.MAX_SAFE_INTEGER ? undefined : inner.maximum;
  return {
    path,
    group,
    title: node.title ?? path,
    help: node.description ?? '',
    unit: node.unit ?? '',
    kind: kindOf(inner),
    isOptional: node.anyOf !== undefined,
    initial: toValue(node.default),
    min: inner.minimum ?? inner.exclusiveMinimum,
    max,
    choices: inner.enum ?? [],
  };
}

function kindOf({ type, enum: choices }: Node): ConfigField['kind'] {
  if (choices) return 'choice';
  if (type === 'boolean') return 'flag';
  if (type === 'array') return 'words';
  if (type === 'string') return 'text';
  return type === 'integer' ? 'whole' : 'number';
}

function toValue(value: unknown): FormValue {
  if (typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.join(' ');
  return value === null || value === undefined ? '' : String(value);
}

/** What the form shows of a config that is there, as when a run is cloned. */
export function toFormValues(fields: readonly ConfigField[], config: object = {}): FormValues {
  return Object.fromEntries(
    fields.map(({ path, initial }) => {
      const value = path
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], config);
      return [path, value === undefined ? initial : toValue(value)];
    }),
  );
}

export type CheckedConfig = { config: RunConfig } | { issues: Readonly<Record<string, string>> };

/** What was typed as a config, or what is wrong with it by field. */
export function toConfig(kind: RunKind, fields: readonly ConfigField[], values: FormValues): CheckedConfig {
  const raw: Record<string, unknown> = { kind };
  for (const field of fields) {
    const [name = '', inner] = field.path.split('.');
    const value = read(field, values[field.path] ?? field.initial);
    if (inner === undefined) raw[name] = value;
    else raw[name] = { ...(raw[name] as object | undefined), [inner]: value };
  }
  const parsed = runConfigSchemas[kind].safeParse(raw);
  if (parsed.success) return { config: parsed.data };
  return {
    issues: Object.fromEntries(parsed.error.issues.map(({ path, message }) => [path.join('.'), message])),
  };
}

function read({ kind, isOptional }: ConfigField, value: FormValue): unknown {
  if (typeof value === 'boolean') return value;
  const text = value.trim();
  if (text === '' && isOptional) return null;
  if (kind === 'words') return text.split(/[\s,]+/).filter(Boolean);
  if (kind === 'choice' || kind === 'text') return text;
  return text === '' ? Number.NaN : Number(text);
}
