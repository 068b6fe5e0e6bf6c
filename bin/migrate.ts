/** Program for installations without the launcher (containers): brings the tables up to date once, before anything else starts. */
import { readConfig } from '../common/config/config.js';
import { requireServices } from '../common/config/services.js';
import { createDataSource } from '../common/database/data-source.js';
import { migrate } from '../common/database/migrate.js';
import { getOrCreateSetupCode } from '../common/database/setup-code.js';

const config = readConfig();
const dataSource = await createDataSource(requireServices(config).databaseUrl, { poolSize: 2 }).initialize();
try {
  const names = await migrate(dataSource);
  console.log(names.length > 0 ? `Ran ${names.join(', ')}.` : 'The tables are up to date.');
  const code = config.firstAdmin ? null : await getOrCreateSetupCode(dataSource);
  if (code) console.log(`Make the first account with the code ${code}`);
} finally {
  await dataSource.destroy();
}
