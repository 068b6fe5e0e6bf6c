/** Serving without the stack around it: the batch loop and node-llama-cpp's evaluator in turns, for a quick look while the loop is worked on. */
import type { Bench, BenchTable } from './bench.js';
import { openFigures, type ChatFigures } from './chat-figures.js';
import { usualTokens } from './chat-load.js';
import { openContender } from './contenders.js';

const crowds = [1, 4, 8, 16];
const rounds = 3;
const tokens = usualTokens;

export const inferenceLoop: Bench = {
  summary: 'the bare batch loop beside node-llama-cpp, without the stack',
  async run({ modelPath, say }) {
    await using loop = await openContender('bare-loop', modelPath);
    await using evaluator = await openContender('evaluator', modelPath);
    // Once each unmeasured: pages of the model, compiled code.
    const contenders = [loop, evaluator];
    for (const contender of contenders) await contender.run({ round: 0, chats: 2, tokens });
    const rows: (string | number)[][] = [];
    let round = 1;
    for (const chats of crowds) {
      const figures = openFigures(contenders);
      for (let turn = 0; turn < rounds; turn++, round++) {
        say(`${chats} at once, round ${turn + 1}`);
        for (const [contender, own] of figures) own.add(await contender.run({ round, chats, tokens }));
      }
      const ofEvaluator = figures.get(evaluator)?.tokensPerSecond ?? NaN;
      for (const [{ name }, own] of figures) rows.push(toRow(chats, name, own, ofEvaluator));
    }
    return [toTable(rows)];
  },
};

const toRow = (chats: number, name: string, figures: ChatFigures, evaluatorTokensPerSecond: number) => [
  chats,
  name,
  Math.round(figures.firstTokenMs),
  Math.round(figures.firstTokenMsOf(0.95)),
  figures.tokensPerSecond.toFixed(1),
  (figures.tokensPerSecond / evaluatorTokensPerSecond).toFixed(2),
];

const toTable = (rows: BenchTable['rows']): BenchTable => ({
  title: 'Batch loop and evaluator',
  columns: ['chats', '', 'first token p50, ms', 'p95, ms', 'tokens/s', 'of the evaluator'],
  rows,
  notes: [
    `${rounds} rounds, answers of at most ${tokens} tokens; tokens/s is the median over rounds of all chats together.`,
  ],
});
