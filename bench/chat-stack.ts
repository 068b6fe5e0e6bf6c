/**
 * What the stack costs: the same chats through the sockets of a whole installation, with a real Redis and with the embedded one, through
 * the batch loop called directly, and through node-llama-cpp's evaluator. Everyone takes turns within each round, so that all of them
 * meet the same minutes of the machine.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench, BenchTable } from './bench.js';
import { answerTokens, type ChatResult, type Contender } from './chat-load.js';
import { openContender, openStack, type Stack } from './contenders.js';
import { measureMemory, type ProgramMemory } from './process-memory.js';
import { median, quantile } from './statistics.js';

const crowds = [1, 4, 8, 16];
const rounds = 5;
/** Unmeasured, of `warmUpChats` each: a server that has just started still compiles its own code, at several times the cost of a message. */
const warmUps = 8;
const warmUpChats = 8;
/** A stack is busy for a while after its answers have ended: texts are copied, caches put aside. The next in turn is not to pay for that. */
const aftermathMs = 1000;

interface Measured {
  firstTokenMs: number[];
  tokensPerSecond: number[];
}

export const chatStack: Bench = {
  summary: 'chats through the whole stack, beside the bare batch loop and node-llama-cpp',
  async run({ modelPath, say }) {
    await using real = await openStack(modelPath, { isEmbeddedOnly: false });
    await using embedded = await openStack(modelPath, { isEmbeddedOnly: true });
    await using bare = await openContender('bare-loop', modelPath);
    await using evaluator = await openContender('evaluator', modelPath);
    const contenders = [bare, real, embedded, evaluator];
    for (const contender of contenders) await contender.run(0, 2);
    const idle = measureMemory(real.pid);
    for (const contender of contenders) {
      say(`unmeasured: ${contender.name}`);
      for (let turn = 1; turn <= warmUps; turn++) await contender.run(turn, warmUpChats);
    }

    const tables: BenchTable[] = [];
    let round = warmUps + 1;
    for (const chats of crowds) {
      const measured = new Map<Contender, Measured>();
      for (let turn = 0; turn < rounds; turn++, round++)
        for (const contender of contenders) {
          say(`${chats} at once, round ${turn + 1}: ${contender.name}`);
          await delay(aftermathMs);
          record(measured, contender, await contender.run(round, chats));
        }
      tables.push(toTable(chats, measured, { bare, evaluator }));
    }
    tables.push(memoryTable(idle, measureMemory(real.pid)), startTable([real, embedded]));
    return tables;
  },
};

function record(measured: Map<Contender, Measured>, contender: Contender, results: ChatResult[]): void {
  const entry = measured.get(contender) ?? { firstTokenMs: [], tokensPerSecond: [] };
  const tokens = results.reduce((sum, result) => sum + result.tokens, 0);
  entry.firstTokenMs.push(...results.map((result) => result.firstTokenMs));
  entry.tokensPerSecond.push((1000 * tokens) / Math.max(...results.map((result) => result.endMs)));
  measured.set(contender, entry);
}

function toTable(
  chats: number,
  measured: Map<Contender, Measured>,
  { bare, evaluator }: { bare: Contender; evaluator: Contender },
): BenchTable {
  const speedOf = (contender: Contender) => median(measured.get(contender)?.tokensPerSecond ?? []);
  const bareFirst = median(measured.get(bare)?.firstTokenMs ?? []);
  return {
    title: `${chats} ${chats === 1 ? 'chat' : 'chats'} at once`,
    columns: [
      '',
      'first token p50, ms',
      'p95, ms',
      'p50 less bare, ms',
      'tokens/s',
      'of bare',
      'of the evaluator',
    ],
    rows: [...measured].map(([contender, { firstTokenMs, tokensPerSecond }]) => [
      contender.name,
      Math.round(median(firstTokenMs)),
      Math.round(quantile(firstTokenMs, 0.95)),
      Math.round(median(firstTokenMs) - bareFirst),
      median(tokensPerSecond).toFixed(1),
      (median(tokensPerSecond) / speedOf(bare)).toFixed(3),
      (median(tokensPerSecond) / speedOf(evaluator)).toFixed(2),
    ]),
    notes: [
      `${rounds} rounds after ${warmUps} unmeasured ones, answers of at most ${answerTokens} tokens; tokens/s is the median over rounds of all chats together.`,
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
