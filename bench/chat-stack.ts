/**
 * What the stack costs: the same chats through the sockets of a whole installation, with a real Redis and with the embedded one, through
 * the batch loop called directly, and through node-llama-cpp's evaluator. Everyone takes turns within each round, so that all of them
 * meet the same minutes of the machine.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench, BenchTable } from './bench.js';
import { openFigures, type ChatFigures } from './chat-figures.js';
import { usualTokens, type Contender } from './chat-load.js';
import { openContender, openStack, type Stack } from './contenders.js';
import { measureMemory, type ProgramMemory } from './process-memory.js';

/** So many chats at once, with answers of at most so many tokens. */
const loads = [
  { chats: 1, tokens: usualTokens },
  { chats: 4, tokens: usualTokens },
  { chats: 8, tokens: usualTokens },
  { chats: 16, tokens: usualTokens },
  // A whole answer: what a message costs however long its answer is weighs less.
  { chats: 8, tokens: 256 },
];
const rounds = 5;
/** Unmeasured: for its first few hundred messages a server still compiles its own code, and spends half as much again on each. */
const warmUps = { rounds: 50, chats: 8, tokens: 8, pauseMs: 150 };
/** A stack is busy for a while after its answers have ended: texts are copied, caches put aside. The next in turn is not to pay for that. */
const aftermathMs = 1000;

export const chatStack: Bench = {
  summary: 'chats through the whole stack, beside the bare batch loop and node-llama-cpp',
  async run({ modelPath, say }) {
    await using real = await openStack(modelPath, { isEmbeddedOnly: false });
    await using embedded = await openStack(modelPath, { isEmbeddedOnly: true });
    await using bare = await openContender('bare-loop', modelPath);
    await using evaluator = await openContender('evaluator', modelPath);
    const contenders = [bare, real, embedded, evaluator];
    for (const contender of contenders) await contender.run({ round: 0, chats: 2, tokens: usualTokens });
    const idle = measureMemory(real.pid);
    for (const contender of contenders) {
      say(`unmeasured: ${contender.name}`);
      await warmUp(contender);
    }

    const tables: BenchTable[] = [];
    let round = warmUps.rounds + 1;
    for (const { chats, tokens } of loads) {
      const figures = openFigures(contenders);
      for (let turn = 0; turn < rounds; turn++, round++)
        for (const [contender, own] of figures) {
          say(`${chats} at once, ${tokens} tokens, round ${turn + 1}: ${contender.name}`);
          await delay(aftermathMs);
          own.add(await contender.run({ round, chats, tokens }));
        }
      tables.push(toTable({ chats, tokens }, figures, { bare, evaluator }));
    }
    tables.push(memoryTable(idle, measureMemory(real.pid)), startTable([real, embedded]));
    return tables;
  },
};

/** Slower than the rate limit of a connection. */
async function warmUp(contender: Contender): Promise<void> {
  const { rounds, chats, tokens, pauseMs } = warmUps;
  for (let round = 1; round <= rounds; round++) {
    await contender.run({ round, chats, tokens });
    await delay(pauseMs);
  }
}

function toTable(
  { chats, tokens }: (typeof loads)[number],
  figures: ReadonlyMap<Contender, ChatFigures>,
  { bare, evaluator }: { bare: Contender; evaluator: Contender },
): BenchTable {
  const speedOf = (contender: Contender) => figures.get(contender)?.tokensPerSecond ?? NaN;
  const bareFirst = figures.get(bare)?.firstTokenMs ?? NaN;
  return {
    title: `${chats} ${chats === 1 ? 'chat' : 'chats'} at once${tokens === usualTokens ? '' : `, answers of ${tokens} tokens`}`,
    columns: [
      '',
      'first token p50, ms',
      'p95, ms',
      'p50 less bare, ms',
      'tokens/s',
      'of bare',
      'of the evaluator',
    ],
    rows: [...figures].map(([{ name }, own]) => [
      name,
      Math.round(own.firstTokenMs),
      Math.round(own.firstTokenMsOf(0.95)),
      Math.round(own.firstTokenMs - bareFirst),
      own.tokensPerSecond.toFixed(1),
      (own.tokensPerSecond / speedOf(bare)).toFixed(3),
      (own.tokensPerSecond / speedOf(evaluator)).toFixed(2),
    ]),
    notes: [
      `${rounds} rounds after ${warmUps.rounds} unmeasured ones, answers of at most ${tokens} tokens; tokens/s is the median over rounds of all chats together.`,
    ],
  };
}

function memoryTable(idle: readonly ProgramMemory[], loaded: readonly ProgramMemory[]): BenchTable {
  const before = new Map(idle.map(({ program, megabytes }) => [program, megabytes]));
  return {
    title: 'Resident memory, MB',
    columns: ['process', 'after two chats', 'after all rounds'],
    rows: loaded.map(({ program, megabytes }) => [program, before.get(program) ?? '', megabytes]),
  };
}

function startTable(stacks: readonly Stack[]): BenchTable {
  return {
    title: 'From the command to /ready, s',
    columns: ['', 'empty data folder', 'second start'],
    rows: stacks.map(({ name, startMs }) => [
      name,
      (startMs.first / 1000).toFixed(2),
      (startMs.second / 1000).toFixed(2),
    ]),
  };
}
