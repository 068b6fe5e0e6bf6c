import type { EntitySchema } from 'typeorm';
import { GenerationEntity } from './generation.entity.js';
import { ModelEntity } from './model.entity.js';
import { ModelVersionEntity } from './model-version.entity.js';

/** All entities, in the order of their folders; a new one is listed here. */
export const entities: (EntitySchema | (new () => object))[] = [
  ModelEntity,
  ModelVersionEntity,
  GenerationEntity,
];
