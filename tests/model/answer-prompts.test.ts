import { beforeAll, expect, it } from 'vitest';
import { taskSchema, type SamplePrompt, type TaskOf } from '../../worker/training/task.js';
import { answerPrompts } from '../../worker/training/answer-prompts.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testMachine } from '../support/test-device.js';
import { writeTinyModel } from '../support/tiny-model.js';

const at = temporaryFolder();
beforeAll(() => writeTinyModel(at('model.gguf'), { contextLength: 4096 }));

/** The tiny model has a token a byte. */
const ofLength = (length: number): SamplePrompt => {
  const text = 'word '.repeat(Math.ceil(length / 5)).slice(0, length);
  return { turns: [{ role: 'user', content: text }], text };
};
const ask = (prompts: SamplePrompt[], { maxTokens = 8, temperature = 0, model = 'model.gguf' } = {}) =>
  answerPrompts(
    taskSchema.parse({
      type: 'sample',
      modelPath: at(model),
      adapterPath: null,
      llamaDirectory: testMachine.llamaDirectory,
      prompts,
      maxTokens,
      temperature,
    }) as TaskOf<'sample'>,
  );

it('answers long prompts, and goes without an answer only to what the model cannot read', async () => {
  const [short, long, tooLong] = await ask([ofLength(20), ofLength(3000), ofLength(5000)]);
  expect(short?.text).not.toBe('');
  expect(long?.text).not.toBe('');
  expect(tooLong).toEqual({ text: '', ended: false });
});

it('leaves out the oldest turns of a long conversation, as if they had not been said', async () => {
  const say = (role: 'user' | 'assistant', length: number) => ({ role, content: ofLength(length).text });
  const recent = [say('user', 800), say('assistant', 20), say('user', 30)];
  const whole = [say('user', 1500), say('assistant', 20), ...recent];
  const [cut, short] = await ask([whole, recent].map((turns) => ({ turns, text: '' })));
  expect(cut?.text).not.toBe('');
  expect(cut).toEqual(short);
});

it('reads no prompt that is longer than what all of them may have in memory', async () => {
  await writeTinyModel(at('wide.gguf'), { contextLength: 40_000 });
  const [short, tooLong] = await ask([ofLength(20), ofLength(20_000)], { model: 'wide.gguf' });
  expect(short?.text).not.toBe('');
  expect(tooLong).toEqual({ text: '', ended: false });
});

it('says the same to a prompt, whatever it is asked beside', async () => {
  const [alone] = await ask([ofLength(20)]);
  expect((await ask([ofLength(20), ofLength(3000)]))[0]).toEqual(alone);
});

it('has no answers where no prompt can be read', async () => {
  expect(await ask([ofLength(5000)])).toEqual([{ text: '', ended: false }]);
});

it('tells an answer that the model ended from one that was cut off', async () => {
  const ended = async (maxTokens: number) =>
    (await ask([ofLength(20)], { maxTokens, temperature: 1 }))[0]?.ended;
  expect(await ended(8)).toBe(false);
  expect(await ended(4000)).toBe(true);
});
