/**
 * Builds the model from nothing: world -> vocabulary -> random weights -> pretraining -> tuning -> GGUF -> examination.
 *
 *   npm run models:build -- [--work FOLDER] [--out FILE] [--threads N] [--libraries FOLDER]
 *
 * Stopped, it goes on where it was when started again with the same folder.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openGgml } from '../../common/llama/ggml.js';
import { openModel } from '../../worker/nn/open-model.js';
import type { TrainableModel } from '../../worker/nn/trainable-model.js';
import { type Examination, examine } from '../check/examination.js';
import { Speaker } from '../check/speaker.js';
import { findCheckpoint, writeCheckpoint } from './checkpoint.js';
import { writeModel } from './model-file.js';
import { recipe } from './recipe.js';
import { writeReport } from './report.js';
import { type StepReport, trainPhase } from './train-phase.js';
import { openWorkFolder, recordStep, type WorkFolder } from './work-folder.js';

const stepsBetweenCheckpoints = 100;
const stepsBetweenLines = 10;
const passMark = 0.9;

const { values: settings } = parseArgs({
  options: {
    work: { type: 'string', default: path.join('data', 'model-build') },
    out: { type: 'string', default: path.join('models', 'attune-gpt.gguf') },
    threads: { type: 'string', default: '2' },
    libraries: { type: 'string' },
  },
});
const threads = Number(settings.threads);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());

// The first to open llama.cpp decides for the process which build of it runs.
await openGgml({ gpu: 'off', directory: settings.libraries });
const work = await openWorkFolder(settings.work, recipe);
await train(work);
const examination = await takeExamination(settings.out);
await writeReport(work, recipe, examination);
process.exitCode = examination.right / examination.asked >= passMark ? 0 : 1;

/** Runs what is left of the phases, then writes the model. */
async function train(folder: WorkFolder): Promise<void> {
  using model = await openModel(folder.initialModel, {
    mode: 'full',
    gpu: 'off',
    threads,
    libraries: settings.libraries,
    weights: { computeType: recipe.computeType },
  });
  const saved = await findCheckpoint(folder.checkpoint);
  if (saved) model.importState(saved.state);
  let seconds = saved?.seconds ?? 0;
  for (const [index, phase] of recipe.phases.entries()) {
    if (index < (saved?.phase ?? 0)) continue;
    const onStep = async (report: StepReport) => {
      seconds += report.seconds;
      await recordStep(folder, report);
      if (report.step % stepsBetweenLines === 0) console.log(toLine(report, phase.steps));
      if (report.step % stepsBetweenCheckpoints === 0 || report.step === phase.steps) {
        const state = model.exportState();
        await writeCheckpoint(folder.checkpoint, { phase: index, step: report.step, seconds, state });
      }
    };
    const from = index === saved?.phase ? saved.step : 0;
    await trainPhase(model, {
      recipe,
      phase,
      vocabulary: folder.vocabulary,
      from,
      signal: stop.signal,
      onStep,
    });
  }
  await exportModel(model, folder);
}

async function exportModel(model: TrainableModel, { vocabulary }: WorkFolder): Promise<void> {
  const tensors = model.exportParameters();
  await writeModel(settings.out, { shape: recipe.shape, vocabulary, tensors, type: 'Q8_0' });
}

async function takeExamination(file: string): Promise<Examination> {
  using speaker = await Speaker.open(file, { threads });
  const examination = await examine(speaker);
  for (const { topic, prompt, answer } of examination.mistakes)
    console.log(`wrong (${topic}): ${prompt} -> ${answer}`);
  console.log(`right: ${examination.right} of ${examination.asked} held-out prompts`);
  return examination;
}

function toLine(report: StepReport, steps: number): string {
  const { phase, step, loss, accuracy, learningRate, tokens, seconds } = report;
  const speed = Math.round(tokens / seconds);
  return `${phase} ${step}/${steps} loss ${loss.toFixed(3)} accuracy ${accuracy.toFixed(3)} rate ${learningRate.toExponential(1)} ${speed} tokens/s`;
}
