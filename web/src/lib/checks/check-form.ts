/** The form of a check, made from its schema, and back from what was typed. */
import { z } from 'zod';
import { checkSchemas, type Check, type CheckKind } from '$contracts/checks';
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

export type ReadCheck = { check: Check } | { issues: FormIssues };

export function readCheck(kind: CheckKind, values: FormValues): ReadCheck {
  const fields = toCheckFields(kind);
  const raw = fields.map((field) => [field.path, readFormValue(field, values[field.path] ?? field.initial)]);
  const parsed = checkSchemas[kind].safeParse({ kind, ...Object.fromEntries(raw) });
  if (parsed.success) return { check: parsed.data };
  return { issues: toFormIssues(parsed.error.issues, fields) };
}
