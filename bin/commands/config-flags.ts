/**
 * A run's settings as command-line flags, made from its schema: `batchSize` is `--batch-size`, `lora.rank` is `--lora-rank`. Titles,
 * units, defaults and ranges come from the schema too, so that help and parsing cannot disagree with what a run takes.
 */
import { z } from 'zod';
import { AppError } from '../../common/contracts/errors.js';
import {
  newRunConfigSchema,
  runConfigSchemas,
  type RunConfig,
  type RunKind,
} from '../../common/contracts/runs.js';

export interface ConfigFlag {
  /** Without the dashes. */
  name: string;
  /** Where the value goes: `['lora', 'rank']`. */
  path: readonly string[];
  type: 'number' | 'boolean' | 'text' | 'list';
  /** One line. */
  help: string;
}

/** Zod writes what may be null as two types where nothing else is said of it. */
const typeSchema = z.union([
  z.string(),
  z.array(z.string()).transform((types) => types.find((type) => type !== 'null')),
]);

/** As zod writes it; the keywords that are read here. */
const jsonSchema = z.looseObject({
  type: typeSchema.optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  unit: z.string().optional(),
  default: z.unknown().optional(),
  enum: z.array(z.string()).optional(),
  const: z.unknown().optional(),
  get properties() {
    return z.record(z.string(), jsonSchema).optional();
  },
  get items() {
    return jsonSchema.optional();
  },
  get anyOf() {
    return z.array(jsonSchema).optional();
  },
});
type JsonSchema = z.infer<typeof jsonSchema>;

/** What a setting takes, apart from the null that stands for nothing. */
const shapeOf = (field: JsonSchema): JsonSchema => field.anyOf?.find(({ type }) => type !== 'null') ?? field;

/** What each setting of a schema takes, by its name: `integer`, `string`, `array` and so on. */
export function settingTypes(schema: z.ZodType): Map<string, string | undefined> {
  const { properties = {} } = jsonSchema.parse(z.toJSONSchema(schema, { io: 'input' }));
  return new Map(Object.entries(properties).map(([name, field]) => [name, shapeOf(field).type]));
}

/** All flags of one kind of run, in the schema's order. */
export function configFlags(kind: RunKind): ConfigFlag[] {
  const schema = jsonSchema.parse(z.toJSONSchema(runConfigSchemas[kind], { io: 'input' }));
  return flagsOf(schema, []);
}

function flagsOf(schema: JsonSchema, path: readonly string[]): ConfigFlag[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    // Lists of objects have flags of their own.
    if (field.const !== undefined || (field.items && field.items.type !== 'string')) return [];
    const inner = [...path, key];
    if (field.properties) return flagsOf(field, inner);
    const shape = shapeOf(field);
    const name = inner.map(kebab).join('-');
    return [{ name, path: inner, type: typeOf(shape), help: helpOf(field, shape) }];
  });
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function typeOf({ type }: JsonSchema): ConfigFlag['type'] {
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'boolean') return 'boolean';
  return type === 'array' ? 'list' : 'text';
}

function helpOf(field: JsonSchema, shape: JsonSchema): string {
  const choices = shape.enum ? ` One of ${shape.enum.join(', ')}.` : '';
  const unit = field.unit ? ` (${field.unit})` : '';
  const standard =
    field.default === undefined || field.default === null ? '' : ` [${JSON.stringify(field.default)}]`;
  return `${field.title ?? ''}${unit}. ${field.description ?? ''}${choices}${standard}`
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * @param given  flag name -> what was typed, or true/false for a switch
 * @throws AppError `RUN_CONFIG_INVALID` with every fault, by flag
 */
export function parseConfig(
  kind: RunKind,
  given: Readonly<Record<string, string | boolean | string[] | undefined>>,
): RunConfig {
  const input: Record<string, unknown> = { kind };
  for (const { name, path, type } of configFlags(kind)) {
    const value = given[name];
    // What may be given several times is not of the schema.
    if (value !== undefined && !Array.isArray(value)) setAt(input, path, toValue(type, value));
  }
  const parsed = newRunConfigSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => {
    const flag = issue.path.map((part) => kebab(String(part))).join('-');
    return `--${flag}: ${issue.message}`;
  });
  throw new AppError('RUN_CONFIG_INVALID', { issues });
}

function toValue(type: ConfigFlag['type'], value: string | boolean): unknown {
  if (type === 'number') return value === '' ? value : Number(value);
  return type === 'list' ? String(value).split(',') : value;
}

function setAt(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner: Record<string, unknown> = { ...(target[key] as Record<string, unknown> | undefined) };
  setAt(inner, rest, value);
  target[key] = inner;
}
