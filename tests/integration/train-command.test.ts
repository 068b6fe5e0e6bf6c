/** `npx attune train` and `eval` as people run them: processes, signals, exit codes, and what a crash leaves behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../common/config/repository.js';
import { runEventSchema, type RunEvent } from '../../common/contracts/run-events.js';
import { ofType, plantedPairs, TrainingFolder } from '../support/training-folder.js';

interface Finished {
  code: number | null;
  events: RunEvent[];
  stdout: string;
  stderr: string;
}

/** Runs the command and follows its events; `onEvent` may do something to the process. */
async function attune(
  args: readonly string[],
  onEvent: (event: RunEvent, child: ChildProcess) => void = () => {},
): Promise<Finished> {
  const script = `import(${JSON.stringify(path.join(repositoryRoot, 'dist/bin/attune.js'))}).then(async ({ runCommand }) => process.exit(await runCommand(process.argv.slice(1))))`;
  const child = spawn(process.execPath, ['-e', script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const result: Finished = { code: null, events: [], stdout: '', stderr: '' };
  child.stderr.on('data', (chunk: Buffer) => (result.stderr += chunk.toString()));
  createInterface({ input: child.stdout }).on('line', (line) => {
    result.stdout += `${line}\n`;
    const event = runEventSchema.safeParse(line.startsWith('{"type"') ? JSON.parse(line) : null);
    if (!event.success) return;
    result.events.push(event.data);
    onEvent(event.data, child);
  });
  [result.code] = (await once(child, 'close')) as [number | null];
  return result;
}

const trainArguments = (folder: TrainingFolder, ...more: string[]) => [
  ...['train', 'dpo', '--model', folder.file('model.gguf'), '--data', folder.file('rows.jsonl')],
  ...['--out', folder.file('out'), '--gpu', 'off', '--threads', '1', '--batch-size', '4', '--json', ...more],
];

async function folderWithPairs() {
  const folder = await TrainingFolder.create();
  await folder.writeRows(plantedPairs(32));
  return folder;
}

describe('npx attune train', () => {
  it('trains, tells each step, and leaves adapter, PEFT twin, merged model and card; eval then finds it better', async () => {
    await using folder = await folderWithPairs();
    const { code, events } = await attune(
      trainArguments(folder, '--learning-rate', '1e-3', '--merge', 'Q8_0'),
    );
    expect(code).toBe(0);
    expect(ofType(events, 'step')).toHaveLength(ofType(events, 'planned')[0]?.plan.totalSteps ?? -1);
    const artefacts = ofType(events, 'finished')[0]?.artefacts ?? [];
    expect(artefacts.map(({ kind }) => kind)).toEqual(['adapter', 'peft', 'model', 'card']);
    for (const artefact of artefacts) expect(existsSync(folder.file(`out/${artefact.path}`))).toBe(true);

    const files = ['--model', folder.file('model.gguf'), '--data', folder.file('rows.jsonl')];
    const shared = ['eval', 'dpo', ...files, '--gpu', 'off', '--threads', '1', '--json'];
    const before = await attune(shared);
    const after = await attune([...shared, '--adapter', folder.file('out/adapter.gguf')]);
    expect(JSON.parse(before.stdout)).toMatchObject({ loss: Math.LN2, 'rewards/accuracies': 0 });
    const judged = JSON.parse(after.stdout) as Record<string, number>;
    expect(judged['rewards/accuracies']).toBeGreaterThan(0.9);
    expect(judged['loss']).toBeLessThan(0.5);
  });

  it('stops at Ctrl+C with a checkpoint, and goes on from it', async () => {
    await using folder = await folderWithPairs();
    const stopped = await attune(trainArguments(folder, '--epochs', '40'), (event, child) => {
      if (event.type === 'step' && event.step === 3) child.kill('SIGINT');
    });
    expect(stopped.code).toBe(130);
    const [cancelled] = ofType(stopped.events, 'cancelled');
    expect(cancelled?.checkpoint).toMatch(/^checkpoints\//);
    const more = trainArguments(folder, '--epochs', '40', '--resume');
    const resumed = await attune(more, (event, child) => {
      if (event.type === 'step') child.kill('SIGINT');
    });
    expect(ofType(resumed.events, 'step')[0]?.step).toBe((cancelled?.step ?? 0) + 1);
  });

  it('leaves nothing half-written when its process dies, and says how it died', async () => {
    await using folder = await folderWithPairs();
    const args = trainArguments(folder, '--epochs', '40', '--checkpoint-every-steps', '1');
    const { code, events } = await attune(args, (event, child) => {
      if (event.type === 'step' && event.step === 3) killChildren(child);
    });
    expect(code).toBe(1);
    expect(ofType(events, 'failed')[0]?.error).toMatchObject({
      code: 'RUN_CRASHED',
      details: { how: 'signal SIGKILL' },
    });
    expect(readdirSync(folder.file('out'))).not.toContain('adapter.gguf');
    const resumed = await attune([...args, '--resume'], (event, child) => {
      if (event.type === 'step') child.kill('SIGINT');
    });
    expect(ofType(resumed.events, 'planned')[0]?.plan.doneSteps).toBeGreaterThanOrEqual(2);
  });

  it('names every flag that does not fit, before anything starts', async () => {
    const { code, stderr } = await attune(['train', 'dpo', '--batch-size', '0', '--beta', '0']);
    expect(code).toBe(1);
    expect(stderr).toContain('--model is missing');
    const wrong = await attune([
      'train',
      'kto',
      '--model',
      'm',
      '--data',
      'd',
      '--out',
      'o',
      '--batch-size',
      '2',
    ]);
    expect(wrong.stderr).toContain('--batch-size');
    expect((await attune(['train', 'wrong'])).stderr).toContain('sft, pretrain, reward');
    expect((await attune(['fly'])).code).toBe(2);
  });

  it('lists commands and settings', async () => {
    expect((await attune(['help'])).stdout).toContain('train');
    expect((await attune(['help', 'train', 'dpo'])).stdout).toMatch(/--lora-rank .*\[16\]/);
  });
});

/** Kills the run's own process, found as the only child of the command's. */
function killChildren(parent: ChildProcess): void {
  const [pid] = childrenOf(parent.pid ?? 0);
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

function childrenOf(pid: number): number[] {
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return listed.trim().split(/\s+/).filter(Boolean).map(Number);
}
