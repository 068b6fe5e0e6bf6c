/** Serving without the stack around it: the batch loop and node-llama-cpp's evaluator in turns, for a quick look while the loop is worked on. */
import type { Bench, BenchTable } from './bench.js';
import { answerTokens, type ChatResult, type Contender } from './chat-load.js';
import { openContender } from './contenders.js';
import { median, quantile } from './statistics.js';

const crowds = [1, 4, 8, 16];
const rounds = 3;

interface Measured {
  firstTokenMs: number[];
  tokensPerSecond: number[];
}

export const inferenceLoop: Bench = {
  summary: 'the bare batch loop beside node-llama-cpp, without the stack',
  async run({ modelPath, say }) {
    await using loop = await openContender('bare-loop', modelPath);
    await using evaluator = await openContender('evaluator', modelPath);
    // Once each unmeasured: pages of the model, compiled code.
    for (const contender of [loop, evaluator]) await contender.run(0, 2);
    const rows: (string | number)[][] = [];
    let round = 1;
    for (const chats of crowds) {
      const measured = { loop: empty(), evaluator: empty() };
      for (let turn = 0; turn < rounds; turn++, round++) {
        say(`${chats} at once, round ${turn + 1}`);
        await measure(measured.loop, loop, round, chats);
        await measure(measured.evaluator, evaluator, round, chats);
      }
      const ratio = median(measured.loop.tokensPerSecond) / median(measured.evaluator.tokensPerSecond);
      rows.push([chats, loop.name, ...figures(measured.loop), ratio.toFixed(2)]);
      rows.push([chats, evaluator.name, ...figures(measured.evaluator), '1.00']);
    }
    return [toTable(rows)];
  },
};

const empty = (): Measured => ({ firstTokenMs: [], tokensPerSecond: [] });

async function measure(into: Measured, contender: Contender, round: number, chats: number): Promise<void> {
  const results: ChatResult[] = await contender.run(round, chats);
  const tokens = results.reduce((sum, result) => sum + result.tokens, 0);
  into.firstTokenMs.push(...results.map((result) => result.firstTokenMs));
  into.tokensPerSecond.push((1000 * tokens) / Math.max(...results.map((result) => result.endMs)));
}

const figures = ({ firstTokenMs, tokensPerSecond }: Measured) => [
  Math.round(median(firstTokenMs)),
  Math.round(quantile(firstTokenMs, 0.95)),
  median(tokensPerSecond).toFixed(1),
];

const toTable = (rows: BenchTable['rows']): BenchTable => ({
  title: 'Batch loop and evaluator',
  columns: ['chats', '', 'first token p50, ms', 'p95, ms', 'tokens/s', 'of the evaluator'],
  rows,
  notes: [
    `${rounds} rounds, answers of at most ${answerTokens} tokens; tokens/s is the median over rounds of all chats together.`,
  ],
});
