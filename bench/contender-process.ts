/** Program: one contender without the stack around it, in a process of its own, since two llama.cpp in one process would share names. */
import { z } from 'zod';
import type { Contender } from './chat-load.js';

const loadSchema = z.object({ round: z.number(), chats: z.number(), tokens: z.number() });
const [kind = '', modelPath = ''] = process.argv.slice(2);

const open: Record<string, () => Promise<Contender>> = {
  'bare-loop': async () => (await import('./bare-loop.js')).openBareLoop(modelPath),
  evaluator: async () => (await import('./llama-evaluator.js')).openEvaluator(modelPath),
};
const contender = await open[kind]?.();
if (!contender) throw new TypeError(`There is no contender ${kind}`);

process.on('message', (message) => {
  void contender.run(loadSchema.parse(message)).then((results) => process.send?.(results));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
