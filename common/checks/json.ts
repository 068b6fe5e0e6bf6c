import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { AppError } from '../contracts/errors.js';

type Schema = Readonly<Record<string, unknown>>;

const compiled = new WeakMap<Schema, ValidateFunction>();

/** Is all of the answer one object or list of JSON? */
export function holdsJson(answer: string): boolean {
  const value = parse(answer);
  return typeof value === 'object' && value !== null;
}

/**
 * Is all of the answer JSON that satisfies the schema?
 *
 * @throws AppError `CHECK_INVALID` for a schema that cannot be used
 */
export function satisfiesSchema(answer: string, schema: Schema): boolean {
  const validate = compileSchema(schema);
  const value = parse(answer);
  return value !== undefined && validate(value);
}

/** @throws AppError `CHECK_INVALID` for a schema that cannot be used */
export function compileSchema(schema: Schema): ValidateFunction {
  const known = compiled.get(schema);
  if (known) return known;
  try {
    // One instance a schema, since an instance refuses a second schema of the same $id.
    const ajv = new Ajv({ strictTypes: false, strictTuples: false, strictRequired: false });
    addFormats.default(ajv);
    const validate = ajv.compile(schema);
    compiled.set(schema, validate);
    return validate;
  } catch (cause) {
    throw new AppError('CHECK_INVALID', { reason: (cause as Error).message }, cause);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
