/** The one way to Postgres: every program's entities, and the migrations that made their tables. */
import { DataSource } from 'typeorm';
import { migrations } from '../../migrations/index.js';
import { entities } from './entities.js';
import { PostgresClient } from './postgres-client.js';

/**
 * An unconnected data source; the caller initialises it and owns it.
 *
 * @param url       Postgres connection string
 * @param poolSize  connections at most
 */
export function createDataSource(url: string, { poolSize = 10 }: { poolSize?: number } = {}): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    entities,
    migrations,
    migrationsTransactionMode: 'each',
    synchronize: false,
    poolSize,
    // Server clocks and people's time zones differ; every column is a timestamptz.
    extra: { options: '-c timezone=UTC', Client: PostgresClient },
  });
}
