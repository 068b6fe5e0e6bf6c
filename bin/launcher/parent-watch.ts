/**
 * Preloaded (`--import`) into every program that the launcher runs: ends it when the launcher is gone.
 *
 * A program that nobody supervises any more would keep its port and its memory, and find its database closed.
 */
const graceMs = 8000;

process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), graceMs).unref();
});
// The channel alone must not keep a program alive.
process.channel?.unref();
