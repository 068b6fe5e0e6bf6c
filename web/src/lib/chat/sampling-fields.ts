/** The sampling panel's fields, read off the one schema that the API and the worker use; nothing about a number is said twice. */
import { samplingSchema, type Sampling } from '$contracts/sampling';

export type NumberName = Exclude<keyof Sampling, 'stop'>;
export interface NumberField {
  name: NumberName;
  minimum: number;
  maximum: number;
  step: number;
  /** Null where an empty field means something (a seed of its own). */
  standard: number | null;
  /** A short range is drawn as a slider. */
  slider: boolean;
}
interface Property {
  type?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  default?: unknown;
  anyOf?: Property[];
}

const longestSlider = 5;

/** @returns one field a number of the schema, in the schema's order */
export function numberFields(): NumberField[] {
  const { properties = {} } = samplingSchema.toJSONSchema({ io: 'input' }) as {
    properties?: Record<string, Property>;
  };
  return Object.entries(properties)
    .map(([name, property]) => toField(name as NumberName, property))
    .filter((field) => field !== null);
}

function toField(name: NumberName, property: Property): NumberField | null {
  const number = [property, ...(property.anyOf ?? [])].find(
    ({ type }) => type === 'number' || type === 'integer',
  );
  if (!number) return null;
  const whole = number.type === 'integer';
  const step = whole ? 1 : 0.01;
  const minimum = number.minimum ?? (number.exclusiveMinimum ?? 0) + step;
  const maximum = number.maximum ?? Number.MAX_SAFE_INTEGER;
  const standard = typeof property.default === 'number' ? property.default : null;
  return {
    name,
    minimum,
    maximum,
    step,
    standard,
    slider: !whole && maximum - minimum <= longestSlider,
  };
}
