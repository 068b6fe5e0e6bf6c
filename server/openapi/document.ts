/** The interface description, OpenAPI 3.1, made from the schemas that the routes check and answer by. */
import { z } from 'zod';
import { errorCatalogue } from '../../common/contracts/errors.js';
import { errorDetailsSchema } from '../../common/contracts/failure.js';
import { openAiErrorSchema } from '../openai/openai-error.js';
import { sessionCookieName } from '../auth/session.service.js';
import type { RouteEntry } from './route-table.js';

type Json = Record<string, unknown>;

const errorBodySchema = z.strictObject({
  code: z.enum(Object.keys(errorCatalogue)),
  message: z.string(),
  details: errorDetailsSchema,
  retryable: z.boolean(),
});

export function toOpenApiDocument(routes: readonly RouteEntry[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: toOperation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Attune',
      version,
      description:
        'The interface of an Attune installation. Routes below /api take the session cookie of the page, routes below /v1 an API key; ' +
        'the socket /ws is described in the README.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: sessionCookieName },
        key: { type: 'http', scheme: 'bearer' },
      },
      schemas: {
        Error: toSchema(errorBodySchema, 'output'),
        OpenAiError: toSchema(openAiErrorSchema, 'output'),
      },
    },
  };
}

function toOperation(route: RouteEntry): Json {
  const { description, access, roles } = route;
  return {
    operationId: route.handler.replace('Controller.', '_'),
    summary: description?.summary,
    ...(roles && { description: `Takes the role ${roles.join(' or ')}.` }),
    security: access === 'public' ? [] : [{ [access]: [] }],
    parameters: [...toParameters('path', route.parameters), ...toParameters('query', route.query)],
    ...toRequestBody(route),
    responses: {
      ...(description && { [description.status]: toResponse(description) }),
      default: {
        description: 'Anything else: an error with a code',
        content: {
          'application/json': {
            schema: {
              $ref: `#/components/schemas/${route.path.startsWith('/v1/') ? 'OpenAiError' : 'Error'}`,
            },
          },
        },
      },
    },
  };
}

function toRequestBody({ body, description }: RouteEntry): Json {
  const content = {
    ...(body && { 'application/json': { schema: toSchema(body, 'input') } }),
    ...(description?.upload && { [description.upload]: {} }),
  };
  return Object.keys(content).length > 0 ? { requestBody: { required: true, content } } : {};
}

function toResponse({
  response,
  mediaType = 'application/json',
  alternatives = {},
}: NonNullable<RouteEntry['description']>): Json {
  if (!response) return { description: 'Done' };
  const forms = Object.entries({ [mediaType]: response, ...alternatives });
  return {
    description: 'Done',
    content: Object.fromEntries(
      forms.map(([type, schema]) => [type, { schema: toSchema(schema, 'output') }]),
    ),
  };
}

function toParameters(place: 'path' | 'query', schemas: Record<string, z.ZodType>): Json[] {
  return Object.entries(schemas).map(([name, schema]) => ({
    name,
    in: place,
    required: place === 'path' || !schema.safeParse(undefined).success,
    schema: toSchema(schema, 'input'),
  }));
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, '~standard': __, ...rest } = z.toJSONSchema(schema, { io }) as Json;
  return rest;
}
