/**
 * JSON schema as people write it to the part that the grammar converter understands. The converter takes whatever it does not know for
 * `null`; here that is an error which names the place, since an answer that does not satisfy the schema must not look as if it did.
 */
import { AppError } from '../contracts/errors.js';

type Schema = Readonly<Record<string, unknown>>;

/** Say something to people, or allow less than the grammar gives anyway: it writes every property, in order, and no others. */
const ignored = new Set([
  ...['$schema', '$id', '$comment', 'title', 'description', 'default', 'examples', 'deprecated'],
  ...['readOnly', 'writeOnly', 'required', 'additionalProperties', 'strict'],
]);
const scalarTypes = ['string', 'number', 'integer', 'boolean', 'null'];
/** What may stand beside each type, and passes as it is. */
const passedOn: Record<string, readonly string[]> = {
  string: ['minLength', 'maxLength', 'format'],
  array: ['minItems', 'maxItems'],
};
const formats = ['date', 'time', 'date-time'];

const anything: Schema = {
  oneOf: [
    { type: scalarTypes.filter((type) => type !== 'integer') },
    { type: 'array' },
    { type: 'object', additionalProperties: true },
  ],
};

/**
 * @returns a schema of type, properties, items, prefixItems, enum, const, oneOf, $ref, $defs, lengths and date formats
 * @throws AppError `GENERATION_FORMAT_UNSUPPORTED` naming the first keyword that cannot be kept
 */
export function toSupportedSchema(schema: unknown, place = '#'): Schema {
  if (schema === true) return anything;
  if (!isObject(schema)) throw unsupported(place, 'is no schema');
  const { $defs, definitions, ...own } = schema;
  const shape = toShape(own, place);
  const named = { ...asObject($defs), ...asObject(definitions) };
  if (Object.keys(named).length === 0) return shape;
  return {
    ...shape,
    $defs: mapValues(named, (value, name) => toSupportedSchema(value, `${place}/$defs/${name}`)),
  };
}

function toShape(schema: Schema, place: string): Schema {
  const { $ref, const: constant, enum: choices, anyOf, oneOf = anyOf, allOf, ...rest } = schema;
  const only = (...keywords: string[]) => assertOnly(rest, keywords, place);
  if (typeof $ref === 'string') {
    only();
    if (!/^#\/(\$defs|definitions)\/[^/]+$/.test($ref))
      throw unsupported(place, `$ref ${$ref} is not within $defs`);
    return { $ref: $ref.replace('#/definitions/', '#/$defs/') };
  }
  if (constant !== undefined) return { const: scalar(constant, place) };
  if (Array.isArray(choices)) return { enum: choices.map((choice) => scalar(choice, place)) };
  if (Array.isArray(oneOf)) {
    only('type');
    return { oneOf: oneOf.map((option, i) => toSupportedSchema(option, `${place}/oneOf/${i}`)) };
  }
  if (Array.isArray(allOf) && allOf.length === 1)
    return toSupportedSchema({ ...rest, ...asObject(allOf[0]) }, place);
  if (allOf !== undefined) throw unsupported(place, 'allOf');
  return toTyped(rest, place);
}

function toTyped(schema: Schema, place: string): Schema {
  const { type = impliedType(schema), ...rest } = schema;
  if (type === null) {
    assertOnly(rest, [], place);
    return anything;
  }
  if (Array.isArray(type))
    return { oneOf: type.map((one: unknown) => toTyped({ ...forType(rest, one), type: one }, place)) };
  if (type === 'object') return toObject(rest, place);
  if (type === 'array') return toArray(rest, place);
  if (typeof type !== 'string' || !scalarTypes.includes(type))
    throw unsupported(place, `type ${String(type)}`);
  assertOnly(rest, passedOn[type] ?? [], place);
  if (rest.format !== undefined && !formats.includes(String(rest.format)))
    throw unsupported(place, `format ${String(rest.format)}`);
  return { type, ...withoutIgnored(rest) };
}

function toObject(schema: Schema, place: string): Schema {
  assertOnly(schema, ['properties'], place);
  if (schema.properties === undefined) return { type: 'object', additionalProperties: true };
  const properties = mapValues(asObject(schema.properties), (value, name) =>
    toSupportedSchema(value, `${place}/properties/${name}`),
  );
  const missing = asList(schema.required).find((name) => !(String(name) in properties));
  if (missing !== undefined) throw unsupported(place, `${String(missing)} is required and not described`);
  return { type: 'object', properties };
}

function toArray(schema: Schema, place: string): Schema {
  assertOnly(schema, ['items', 'prefixItems', ...(passedOn.array ?? [])], place);
  const { items, prefixItems, ...bounds } = withoutIgnored(schema);
  return {
    type: 'array',
    ...bounds,
    ...(items !== undefined && { items: toSupportedSchema(items, `${place}/items`) }),
    ...(Array.isArray(prefixItems) && {
      prefixItems: prefixItems.map((item, i) => toSupportedSchema(item, `${place}/prefixItems/${i}`)),
    }),
  };
}

function impliedType(schema: Schema): string | null {
  if (schema.properties !== undefined) return 'object';
  return schema.items !== undefined || schema.prefixItems !== undefined ? 'array' : null;
}

/** Of a schema with several types, the keywords that are about this one. */
function forType(schema: Schema, type: unknown): Schema {
  const about: Record<string, readonly string[]> = {
    ...passedOn,
    object: ['properties', 'required'],
    array: ['items', 'prefixItems', ...(passedOn.array ?? [])],
  };
  const others = Object.entries(about).flatMap(([other, keywords]) => (other === type ? [] : keywords));
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !others.includes(keyword)));
}

function assertOnly(schema: Schema, keywords: readonly string[], place: string): void {
  const unknown = Object.keys(withoutIgnored(schema)).find((keyword) => !keywords.includes(keyword));
  if (unknown !== undefined) throw unsupported(place, unknown);
}

const withoutIgnored = (schema: Schema): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([keyword]) => !ignored.has(keyword)));

function scalar(value: unknown, place: string): unknown {
  if (typeof value === 'object' && value !== null) throw unsupported(place, 'const or enum of objects');
  return value;
}

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const asObject = (value: unknown): Schema => (isObject(value) ? value : {});
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const mapValues = (object: Schema, map: (value: unknown, name: string) => Schema): Record<string, Schema> =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value, name)]));
const unsupported = (place: string, what: string) =>
  new AppError('GENERATION_FORMAT_UNSUPPORTED', { reason: `${place}: ${what}` });
