export * from './accounts.js';
export * from './conversations.js';
export * from './errors.js';
export * from './generation.js';
export * from './models.js';
export * from './sampling.js';
export * from './socket.js';
export * from './runs.js';
