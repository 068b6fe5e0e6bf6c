/** The routes as the running application has them, read from the same metadata that Nest routes and validates by. */
import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { ModulesContainer } from '@nestjs/core';
import { z } from 'zod';
import type { Role } from '../../common/contracts/accounts.js';
import { accessMetadata, rolesMetadata, type Access } from '../auth/access.js';
import { apiRouteMetadata, type StatedRoute } from './api-route.js';

export interface RouteEntry {
  /** Lower case. */
  method: string;
  /** As Express has it: `/api/keys/:id`. */
  path: string;
  /** `ApiKeyController.delete`; names the operation. */
  handler: string;
  access: Access;
  /** Null when any signed-in account may call it. */
  roles: readonly Role[] | null;
  /** Null for a route without `@ApiRoute`. */
  description: StatedRoute | null;
  body: z.ZodType | null;
  query: Record<string, z.ZodType>;
  parameters: Record<string, z.ZodType>;
}

interface Argument {
  index: number;
  data?: string;
  schema?: unknown;
}

export function listRoutes(modules: ModulesContainer): RouteEntry[] {
  return [...modules.values()]
    .flatMap((module) => [...module.controllers.values()])
    .flatMap(({ metatype }) => (typeof metatype === 'function' ? listControllerRoutes(metatype as Type) : []))
    .sort((a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method));
}

function listControllerRoutes(controller: Type): RouteEntry[] {
  const prefixes = toPaths(Reflect.getMetadata(PATH_METADATA, controller));
  return Object.entries(Object.getOwnPropertyDescriptors(controller.prototype)).flatMap(
    ([name, { value }]) => {
      if (typeof value !== 'function' || !Reflect.hasMetadata(METHOD_METADATA, value)) return [];
      const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, value) as number] ?? '';
      const get = (key: string): unknown =>
        Reflect.getMetadata(key, value) ?? Reflect.getMetadata(key, controller);
      return prefixes.flatMap((prefix) =>
        toPaths(Reflect.getMetadata(PATH_METADATA, value)).map((path) => ({
          method: method.toLowerCase(),
          path: `/${[prefix, path]
            .map((part) => part.replace(/^\/|\/$/g, ''))
            .filter(Boolean)
            .join('/')}`,
          handler: `${controller.name}.${name}`,
          access: (get(accessMetadata) as Access | undefined) ?? 'session',
          roles: (get(rolesMetadata) as Role[] | undefined) ?? null,
          description: (get(apiRouteMetadata) as StatedRoute | undefined) ?? null,
          ...readArguments(controller, name),
        })),
      );
    },
  );
}

function toPaths(path: unknown): string[] {
  return Array.isArray(path) ? path.map(String) : [String(path ?? '')];
}

function readArguments(controller: Type, name: string): Pick<RouteEntry, 'body' | 'query' | 'parameters'> {
  const found: Record<string, Argument> = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {};
  const of = (type: RouteParamtypes) =>
    Object.entries(found).flatMap(([key, { data, schema }]) =>
      key.startsWith(`${type}:`) ? [{ data, schema: schema instanceof z.ZodType ? schema : null }] : [],
    );
  const byName = (type: RouteParamtypes) =>
    Object.fromEntries(
      of(type).flatMap(({ data, schema }) => {
        if (data) return [[data, schema ?? z.string()] as const];
        return schema instanceof z.ZodObject ? Object.entries(schema.shape as Record<string, z.ZodType>) : [];
      }),
    );
  return {
    body: of(RouteParamtypes.BODY)[0]?.schema ?? null,
    query: byName(RouteParamtypes.QUERY),
    parameters: byName(RouteParamtypes.PARAM),
  };
}
