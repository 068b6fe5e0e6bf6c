/**
 * The form of a run's settings, made from the one schema that the server checks by: fields with their words, ranges and defaults, and back
 * from what was typed to a config. A setting that is added to the schema appears by itself.
 */
import { z } from 'zod';
import { runConfigSchemas, type RunConfig, type RunKind } from '$contracts/runs';
import {
  readFormValue,
  toField,
  toFormIssues,
  toFormValue,
  type FormIssues,
  type FormValues,
  type SchemaField,
  type SchemaNode,
} from '$lib/forms/schema-field';

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

export interface ConfigField extends SchemaField {
  group: FormGroup;
}

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

export function toFields(kind: RunKind): ConfigField[] {
  const schema = z.toJSONSchema(runConfigSchemas[kind], { io: 'input' }) as SchemaNode;
  return Object.entries(schema.properties ?? {}).flatMap(([name, node]) => {
    // A list of objects, such as the rewards, is more than a field; it has an editor of its own.
    if (node.const !== undefined || (node.items && node.items.type !== 'string')) return [];
    if (node.properties)
      return Object.entries(node.properties).map(([inner, child]) =>
        toConfigField(`${name}.${inner}`, child, 'adapter'),
      );
    return [toConfigField(name, node, groupOf[name] ?? 'method')];
  });
}

function toConfigField(path: string, node: SchemaNode, group: FormGroup): ConfigField {
  return { ...toField(path, node), group };
}

/** What the form shows of a config that is there, as when a run is cloned. */
export function toFormValues(fields: readonly ConfigField[], config: object = {}): FormValues {
  return Object.fromEntries(
    fields.map(({ path, initial, kind }) => {
      const value = path
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], config);
      return [path, value === undefined ? initial : toFormValue(value, kind)];
    }),
  );
}

export type CheckedConfig<C = RunConfig> = { config: C } | { issues: FormIssues };

export interface TypedConfig {
  kind: RunKind;
  fields: readonly ConfigField[];
  values: FormValues;
  /** Settings that are more than a field, from their own editors. */
  beyond?: object;
}

/** What was typed as a config, or what is wrong with it by field. */
export function checkConfig<C>(
  schema: z.ZodType<C>,
  { kind, fields, values, beyond }: TypedConfig,
): CheckedConfig<C> {
  const raw: Record<string, unknown> = { kind, ...beyond };
  for (const field of fields) {
    const [name = '', inner] = field.path.split('.');
    const value = readFormValue(field, values[field.path] ?? field.initial);
    if (inner === undefined) raw[name] = value;
    else raw[name] = { ...(raw[name] as object | undefined), [inner]: value };
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { config: parsed.data };
  return { issues: toFormIssues(parsed.error.issues, fields) };
}
