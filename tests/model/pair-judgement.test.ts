import { expect, it } from 'vitest';
import { judgePairs } from '../../worker/runs/pair-judgement.js';
import { serveLogProbs } from '../../worker/training/served-log-probs.js';
import { TrainingFolder } from '../support/training-folder.js';

const turn = (role: 'user' | 'assistant', content: string) => ({ role, content });

it.each([
  ['one turn', [turn('assistant', 'Both of them.')]],
  ['several turns', [turn('assistant', 'Two.'), turn('user', 'Which?'), turn('assistant', 'Both.')]],
])('finds the same log-probs of answers of %s as the server', async (_name, chosen) => {
  await using folder = await TrainingFolder.create();
  await folder.writeRows([
    { prompt: [turn('user', 'How many?')], chosen, rejected: [turn('assistant', 'None.')] },
  ]);
  const request = folder.request({ kind: 'dpo' });
  const { probes } = await judgePairs(request, new AbortController().signal);
  const { modelPath, llamaDirectory } = request;
  const { base } = await serveLogProbs({ modelPath, adapterPath: null, llamaDirectory }, probes);
  const [probe] = probes;
  expect(probe?.baseLogProbs).toHaveLength((probe?.tokens.length ?? 0) - (probe?.start ?? 0));
  expect(base).toHaveLength(probe?.baseLogProbs.length ?? 0);
  for (const [index, logProb] of base.entries())
    expect(logProb).toBeCloseTo(probe?.baseLogProbs[index] ?? Number.NaN, 1);
});
