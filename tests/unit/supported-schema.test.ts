import { describe, expect, it } from 'vitest';
import { schemaGrammar } from '../../common/llama/json-grammar.js';
import { toSupportedSchema } from '../../common/llama/supported-schema.js';

describe('a JSON schema for answers', () => {
  it('loses what only describes', () => {
    const schema = {
      title: 'Person',
      type: 'object',
      properties: { name: { type: 'string', description: 'full', minLength: 1 } },
      required: ['name'],
      additionalProperties: false,
    };
    expect(toSupportedSchema(schema)).toEqual({
      type: 'object',
      properties: { name: { type: 'string', minLength: 1 } },
    });
  });

  it.each([
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, { oneOf: [{ type: 'string' }, { type: 'null' }] }],
    [{ properties: { a: { const: 1 } } }, { type: 'object', properties: { a: { const: 1 } } }],
    [
      { $ref: '#/definitions/a', definitions: { a: { enum: ['x', 2] } } },
      { $ref: '#/$defs/a', $defs: { a: { enum: ['x', 2] } } },
    ],
    [
      { type: ['array', 'null'], items: { type: 'integer' } },
      { oneOf: [{ type: 'array', items: { type: 'integer' } }, { type: 'null' }] },
    ],
  ])('understands %j', (schema, expected) => {
    expect(toSupportedSchema(schema)).toEqual(expected);
  });

  it.each([
    [{ type: 'string', pattern: '^a' }, '#: pattern'],
    [{ type: 'object', properties: { n: { type: 'integer', minimum: 3 } } }, '#/properties/n: minimum'],
    [{ type: 'banana' }, '#: type banana'],
    [{ allOf: [{ type: 'string' }, { type: 'null' }] }, '#: allOf'],
    [{ type: 'object', properties: {}, required: ['x'] }, '#: x is required and not described'],
    [{ $ref: 'https://example.org/schema' }, '#: $ref https://example.org/schema is not within $defs'],
    [{ not: { type: 'string' } }, '#: not'],
  ])('refuses %j rather than ignore a part of it', (schema, reason) => {
    expect(() => toSupportedSchema(schema)).toThrow(
      expect.objectContaining({ code: 'GENERATION_FORMAT_UNSUPPORTED', details: { reason } }),
    );
  });

  it('becomes a grammar in which nothing turned to null', async () => {
    const grammar = await schemaGrammar({
      properties: {
        a: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
        any: {},
        list: { type: 'array' },
      },
    });
    expect(grammar).toMatch(/^root ::= "\{"/);
    expect(grammar).toContain('string-rule');
    expect(grammar).toContain('integer-number-rule');
    expect(grammar.split('\n')[0]).not.toContain('null-rule');
  });
});
