/** Batches as training lays them out, on the real network and vocabulary. */
import { beforeAll, describe, expect, it } from 'vitest';
import { openVocabulary, type OpenVocabulary } from '../../common/llama/vocabulary.js';
import { ChatTemplate } from '../../worker/data/chat-template.js';
import { layOut } from '../../worker/data/layout.js';
import { encodeExample, tokeniseExamples, type Item } from '../../worker/data/tokenise.js';
import type { Example } from '../../common/data/rows.js';
import { openModel } from '../../worker/nn/open-model.js';
import { llamaLogProbs } from '../support/llama-log-probs.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinyVocabularySize, writeTinyModel } from '../support/tiny-model.js';
import { testDevice, testLibraries } from '../support/test-device.js';

const at = temporaryFolder();
let opened: OpenVocabulary;
beforeAll(async () => {
  await writeTinyModel(at('model.gguf'));
  opened = await openVocabulary(at('model.gguf'), testLibraries);
});

const turn = (role: 'user' | 'assistant', content: string) => ({ role, content });
const ranking = (question: string, ...answers: string[]): Example => ({
  line: 1,
  prompt: [turn('user', question)],
  answers: answers.map((answer) => [turn('assistant', answer)]),
  margins: [],
  desirable: null,
  person: null,
});
const options = { maxLength: 256, contextLength: 256, tooLong: 'truncate', distinctAnswers: true } as const;
const encoding = () => ({ vocabulary: opened.vocabulary, template: new ChatTemplate(opened.vocabulary) });
const items = (): Item[] =>
  tokeniseExamples(
    [
      ranking('What is the sea?', 'the water between lands', 'the water', 'I do not know'),
      ranking('And rain? '.repeat(5), 'water that falls', 'nothing'),
      ranking('Hi', 'hello'),
    ],
    encoding(),
    options,
  ).items;

describe('an example', () => {
  it('is read in training as it is served: prompt ids, answer, end of turn', () => {
    const { template, vocabulary } = encoding();
    const question = [turn('user', 'Who said <|im_end|> here?')];
    const [sequence] = encodeExample({ ...ranking('', 'The user.'), prompt: question }, encoding());
    const served = template.encodeConversation(question, { addGenerationPrompt: true });
    expect([...(sequence?.tokens ?? [])].slice(0, served.length)).toEqual([...served]);
    const answer = [...(sequence?.targets ?? [])].map((index) => sequence?.tokens[index] ?? -1);
    expect(answer).toEqual([...vocabulary.tokenize('The user.'), vocabulary.eos]);
  });
});

describe('a batch with shared prefixes', () => {
  it('gives the log-probs, scores and gradients of sequences laid out one by one, and those of llama.cpp', async () => {
    const results = [];
    for (const sharePrefixes of [true, false]) {
      using model = await openModel(at('model.gguf'), {
        ...testDevice,
        threads: 1,
        head: 'reward',
        mode: 'full',
      });
      const { batch, spans } = layOut(items(), { scores: true, logProbs: true, sharePrefixes });
      const outputs = await model.forward(batch);
      const order = spans.flat();
      const inOrder = <T>(pick: (span: (typeof order)[number]) => T) => order.map(pick);
      await model.backward({
        logProbs: cotangentsOf(order, outputs.logProbs.length),
        scores: Float32Array.from(outputs.scores, () => 0.3),
      });
      results.push({
        logProbs: inOrder(({ start, end }) => [...outputs.logProbs.slice(start, end)]),
        scores: inOrder(({ scored }) => outputs.scores[scored] ?? Number.NaN),
        gradients: new Map(model.exportGradients().map(({ name, data }) => [name, data])),
      });
    }
    const [shared, apart] = results;
    if (!shared || !apart) throw new Error('unreachable');
    expect(farthest(shared.logProbs.flat(), apart.logProbs.flat())).toBeLessThan(1e-4);
    expect(farthest(shared.scores, apart.scores)).toBeLessThan(1e-4);
    for (const [name, gradient] of shared.gradients) {
      const other = apart.gradients.get(name) ?? new Float32Array();
      const size = Math.max(...gradient.map(Math.abs), 1e-6);
      expect(farthest(gradient, other) / size, name).toBeLessThan(1e-3);
    }
    for (const [index, { tokens, targets }] of items()
      .flatMap(({ sequences }) => sequences)
      .entries()) {
      const all = await llamaLogProbs(at('model.gguf'), [...tokens], { vocabularySize: tinyVocabularySize });
      const expected = [...targets].map((target) => all[target - 1] ?? Number.NaN);
      expect(farthest(shared.logProbs[index] ?? [], expected)).toBeLessThan(5e-3);
    }
  });
});

/** Another weight for each sequence, so that a mix-up shows. */
function cotangentsOf(spans: readonly { start: number; end: number }[], length: number): Float32Array {
  const cotangents = new Float32Array(length);
  for (const [index, { start, end }] of spans.entries())
    cotangents.fill((-1) ** index * (1 + index), start, end);
  return cotangents;
}

function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  return Math.max(0, ...Array.from(a, (value, index) => Math.abs(value - (b[index] ?? Number.NaN))));
}
