import { applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import type { z } from 'zod';

export const apiRouteMetadata = 'attune:api-route';

/** What `GET /api/openapi.json` says of a route beyond what its parameters' schemas say. */
export interface RouteDescription {
  /** One sentence without a full stop, beginning with a verb: `Lists the conversations`. */
  summary: string;
  /** What it answers with when all goes well; null for nothing (204). */
  response: z.ZodType | null;
  /** HTTP status of that answer; 200, or 204 without one, unless given. */
  status?: number;
  /** Media type of that answer; JSON unless given. */
  mediaType?: string;
  /** Media type of a body that is taken as it is, unparsed. */
  upload?: string;
  /** Other forms of that answer that a caller may ask for, by media type; of an event stream, what one event's data hold. */
  alternatives?: Readonly<Record<string, z.ZodType>>;
}
export type StatedRoute = RouteDescription & { status: number };

/** Every route carries this; a test fails for one that does not. It sets the status of the answer too, so that both cannot differ. */
export function ApiRoute(description: RouteDescription): MethodDecorator {
  const status = description.status ?? (description.response ? 200 : 204);
  const stated: StatedRoute = { ...description, status };
  return applyDecorators(SetMetadata(apiRouteMetadata, stated), HttpCode(status));
}
