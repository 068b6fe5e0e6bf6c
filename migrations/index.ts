import { CreateModelsAndGenerations1790000100000 } from './1790000100000-create-models-and-generations.js';

/** In order of their timestamps; TypeORM runs those that the database has not seen. */
export const migrations = [CreateModelsAndGenerations1790000100000];
