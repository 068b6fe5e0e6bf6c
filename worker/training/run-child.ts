/**
 * The process of one training run. ggml reports misuse by aborting the process: here that ends this run and nothing else, and its last
 * words on stderr become the run's error text. Ends with its parent.
 */
import { AppError, type ErrorBody } from '../../common/contracts/errors.js';
import type { RunEvent } from '../../common/contracts/run-events.js';
import { runTraining } from '../runs/training-run.js';
import type { RunRequest } from '../runs/run-request.js';
import { childMessageSchema } from './child-messages.js';

const controller = new AbortController();
let step = 0;
/** The last event on its way; a channel that is closed earlier loses it. */
let sent = Promise.resolve();

process.on('message', (message) => {
  const parsed = childMessageSchema.parse(message);
  if (parsed.type === 'cancel') controller.abort();
  else void train(parsed.request);
});
process.on('disconnect', () => controller.abort());
// Ctrl+C reaches the whole process group; whoever started the run decides what it means.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => controller.abort());
// A limit on the size of files is told by the write that goes beyond it.
process.on('SIGXFSZ', () => {});

async function train(request: RunRequest): Promise<void> {
  try {
    await runTraining(request, { emit, signal: controller.signal });
  } catch (error) {
    console.error(error);
    emit({ type: 'failed', step, error: toBody(error) });
  }
  await sent;
  if (process.connected) process.disconnect();
  // llama.cpp's threads would keep the process.
  process.exit();
}

function emit(event: RunEvent): void {
  if (event.type === 'step') ({ step } = event);
  sent = new Promise((resolve) => {
    if (process.send && process.connected) process.send(event, () => resolve());
    else resolve();
  });
}

function toBody(error: unknown): ErrorBody {
  if (error instanceof AppError) return error.toBody();
  const stderr = error instanceof Error ? error.message : String(error);
  return new AppError('RUN_CRASHED', { step, how: 'an exception', stderr }, error).toBody();
}
