/**
 * Program: js-redis-server on loopback with a password; settings come on standard input, the folder for its process id as argument.
 *
 * Assembled from its parts, because its ready-made server listens on every address and knows no password.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { createRedisCommandExecutor, RedisServerState, Resp2Server } from 'js-redis-server/core';
import { serviceSecretsSchema } from './service-secrets.js';

const [folder = '.'] = process.argv.slice(2);
const { port, password } = serviceSecretsSchema.parse(JSON.parse(await text(process.stdin)));

const state = new RedisServerState({ databaseCount: 16, requirepass: password });
const server = new Resp2Server({ server: state, executor: createRedisCommandExecutor(), logger: console });
// Its errors are logged by itself; one that keeps it from listening must end the process.
server.server.once('error', () => process.exit(1));
server.server.listen(port, '127.0.0.1', () => {
  writeFileSync(path.join(folder, 'redis.pid'), String(process.pid));
});
process.on('SIGTERM', () => process.exit(0));
