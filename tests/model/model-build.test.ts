import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readGguf } from '../../common/llama/gguf.js';
import { findCheckpoint, writeCheckpoint } from '../../models/build/checkpoint.js';
import { writeModel } from '../../models/build/model-file.js';
import { recipe, type Recipe } from '../../models/build/recipe.js';
import { type StepReport, trainPhase } from '../../models/build/train-phase.js';
import { openWorkFolder, type WorkFolder } from '../../models/build/work-folder.js';
import { Speaker } from '../../models/check/speaker.js';
import { openModel } from '../../worker/nn/open-model.js';
import type { TrainableModel } from '../../worker/nn/trainable-model.js';
import { testDevice } from '../support/test-device.js';

const small: Recipe = {
  ...recipe,
  vocabularySize: 600,
  vocabularyTexts: 300,
  shape: { width: 64, layers: 2, heads: 2, feedForward: 128, contextLength: 128 },
  phases: [
    { ...recipe.phases[0]!, steps: 24, rowCount: 2, rowLength: 96, warmUpSteps: 1, learningRate: 1e-2 },
    { ...recipe.phases[1]!, steps: 2, rowCount: 2, rowLength: 96 },
  ],
};

let folder: string;
let work: WorkFolder;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'attune-build-'));
  work = await openWorkFolder(folder, small);
});

afterEach(() => rmSync(folder, { recursive: true }));

const open = () => openModel(work.initialModel, { mode: 'full', ...testDevice, threads: 1 });

async function train(
  model: TrainableModel,
  phase: number,
  range: { from: number; steps: number },
): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  await trainPhase(model, {
    recipe: small,
    phase: { ...small.phases[phase]!, steps: range.steps },
    vocabulary: work.vocabulary,
    from: range.from,
    onStep: (report) => void reports.push(report),
  });
  return reports;
}

describe('building a model', () => {
  it('lowers the loss, goes on bit for bit from a checkpoint, and writes what llama.cpp can speak with', async () => {
    using whole = await open();
    const losses = (await train(whole, 0, { from: 0, steps: 24 })).map(({ loss }) => loss);
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 1);

    using before = await open();
    await train(before, 0, { from: 0, steps: 16 });
    await writeCheckpoint(work.checkpoint, { phase: 0, step: 16, seconds: 1, state: before.exportState() });
    const saved = (await findCheckpoint(work.checkpoint))!;
    expect(saved).toMatchObject({ phase: 0, step: 16 });
    using after = await open();
    after.importState(saved.state);
    const rest = await train(after, 0, { from: 16, steps: 24 });
    expect(rest.map(({ loss }) => loss)).toEqual(losses.slice(16));

    const tuned = await train(after, 1, { from: 0, steps: 2 });
    expect(tuned.every(({ loss, tokens }) => Number.isFinite(loss) && tokens > 0)).toBe(true);
    const file = path.join(folder, 'model.gguf');
    const tensors = after.exportParameters();
    await writeModel(file, { shape: small.shape, vocabulary: work.vocabulary, tensors, type: 'Q8_0' });
    expect((await readGguf(file)).tensors.get('blk.1.ffn_down.weight')?.type).toBe('Q8_0');
    using speaker = await Speaker.open(file, { contextLength: 128, threads: 1 });
    const question = [{ role: 'user' as const, content: 'Hello!' }];
    expect(await speaker.answer(question, 8)).toBe(await speaker.answer(question, 8));
  });
});
