import { CreateModelsAndGenerations1790000100000 } from './1790000100000-create-models-and-generations.js';
import { CreateAccounts1790000200000 } from './1790000200000-create-accounts.js';

/** In order of their timestamps; TypeORM runs those that the database has not seen. */
export const migrations = [CreateModelsAndGenerations1790000100000, CreateAccounts1790000200000];
