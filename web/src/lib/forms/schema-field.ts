/** Fields of a form, made from the JSON schema of what the server checks by, and back from what was typed. */
import type { z } from 'zod';

export interface SchemaField {
  /** `lora.rank` */
  path: string;
  title: string;
  help: string;
  unit: string;
  kind: 'number' | 'whole' | 'flag' | 'choice' | 'words' | 'lines' | 'text' | 'json';
  /** Left empty it has a meaning of its own, which its help tells. */
  isOptional: boolean;
  initial: FormValue;
  min: number | undefined;
  max: number | undefined;
  choices: readonly string[];
}
/** As typed; `words` are separated by blanks or commas, `lines` by line ends. */
export type FormValue = string | boolean;
export type FormValues = Record<string, FormValue>;

/** Words of a field in the language of the page; in English they come with the schema. */
export interface FieldWords {
  title: string;
  help: string;
  unit?: string;
  choices?: Readonly<Record<string, string>>;
}

/** What the schema refuses, in its own English; `forms.issue` says it in the language of the page. */
export type FormIssue = z.core.$ZodIssue;
/** By the field that is wrong; what is wrong with the whole is under ''. */
export type FormIssues = Readonly<Record<string, FormIssue>>;

/** What of JSON Schema the settings use. */
export interface SchemaNode {
  title?: string;
  description?: string;
  unit?: string;
  default?: unknown;
  type?: string;
  enum?: string[];
  const?: string;
  anyOf?: SchemaNode[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  pattern?: string;
  items?: SchemaNode;
  properties?: Record<string, SchemaNode>;
}

export function toField(path: string, node: SchemaNode): SchemaField {
  const inner = node.anyOf?.find(({ type }) => type !== 'null') ?? node;
  // Zod writes the largest safe integer where a whole number has no other bound.
  const max = inner.maximum === Number.MAX_SAFE_INTEGER ? undefined : inner.maximum;
  return {
    path,
    title: node.title ?? path,
    help: node.description ?? '',
    unit: node.unit ?? '',
    kind: kindOf(inner),
    isOptional: node.anyOf !== undefined,
    initial: toFormValue(node.default),
    min: inner.minimum ?? inner.exclusiveMinimum,
    max,
    choices: inner.enum ?? [],
  };
}

/** An issue of one entry of a list is the field's. */
export function toFormIssues(issues: readonly FormIssue[], fields: readonly SchemaField[]): FormIssues {
  return Object.fromEntries(
    issues.map((issue) => {
      const place = issue.path.join('.');
      const field = fields.find(({ path }) => `${place}.`.startsWith(`${path}.`));
      return [field?.path ?? place, issue];
    }),
  );
}

function kindOf({ type, enum: choices, items }: SchemaNode): SchemaField['kind'] {
  if (choices) return 'choice';
  if (type === 'boolean') return 'flag';
  // Names that follow a pattern hold no blank; other texts may.
  if (type === 'array') return items?.pattern ? 'words' : 'lines';
  if (type === 'object') return 'json';
  if (type === 'string') return 'text';
  return type === 'integer' ? 'whole' : 'number';
}

export function toFormValue(value: unknown, kind?: SchemaField['kind']): FormValue {
  if (typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.join(kind === 'lines' ? '\n' : ' ');
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value);
}

/** What was typed, as the schema wants it; what cannot be read is left for the schema to refuse. */
export function readFormValue({ kind, isOptional }: SchemaField, value: FormValue): unknown {
  if (typeof value === 'boolean') return value;
  const text = value.trim();
  if (text === '' && isOptional) return null;
  if (kind === 'words') return text.split(/[\s,]+/).filter(Boolean);
  if (kind === 'lines') return text.split('\n').map(trim).filter(Boolean);
  if (kind === 'json') return parse(text);
  if (kind === 'choice' || kind === 'text') return text;
  return text === '' ? Number.NaN : Number(text);
}

const trim = (text: string) => text.trim();

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
