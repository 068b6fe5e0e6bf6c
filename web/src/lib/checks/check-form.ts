/** The form of a check, made from its schema, and back from what was typed. */
import { z } from 'zod';
import { checkSchemas, type Check, type CheckKind } from '$contracts/checks';
import {
  readFormValue,
  toField,
  toFormValue,
  type FormValues,
  type SchemaField,
  type SchemaNode,
} from '$lib/forms/schema-field';

export function toCheckFields(kind: CheckKind): SchemaField[] {
  const schema = z.toJSONSchema(checkSchemas[kind], { io: 'input' }) as SchemaNode;
  return Object.entries(schema.properties ?? {}).flatMap(([name, node]) =>
    node.const === undefined ? [toField(name, node)] : [],
  );
}

export function toCheckValues(check: Check): FormValues {
  const given: Readonly<Record<string, unknown>> = check;
  return Object.fromEntries(
    toCheckFields(check.kind).map(({ path, kind }) => [path, toFormValue(given[path], kind)]),
  );
}

/** Issues by field; what is wrong with the whole is under ''. */
export type ReadCheck = { check: Check } | { issues: Readonly<Record<string, string>> };

export function readCheck(kind: CheckKind, values: FormValues): ReadCheck {
  const raw = toCheckFields(kind).map((field) => [
    field.path,
    readFormValue(field, values[field.path] ?? field.initial),
  ]);
  const parsed = checkSchemas[kind].safeParse({ kind, ...Object.fromEntries(raw) });
  if (parsed.success) return { check: parsed.data };
  const issues = parsed.error.issues.map(({ path, message }) => [String(path[0] ?? ''), message]);
  return { issues: Object.fromEntries(issues) };
}
