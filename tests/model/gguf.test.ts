import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { gguf, readGguf, readTensorBytes, writeGguf, type GgufValue } from '../../common/llama/gguf.js';

const folder = mkdtempSync(path.join(tmpdir(), 'attune-gguf-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => path.join(folder, name);

const metadata = new Map<string, GgufValue>([
  ['general.architecture', gguf.text('llama')],
  ['general.name', gguf.text('winzig 微小')],
  ['llama.block_count', gguf.u32(3)],
  ['llama.eps', gguf.f32(0.5)],
  ['some.flag', gguf.bool(true)],
  ['some.long', { type: 'int64', value: -5 }],
  ['some.tokens', gguf.texts(['a', 'Ġb', '你'])],
  ['some.types', gguf.i32s([1, -2, 3])],
  ['some.scores', gguf.f32s([0.25, -8])],
  ['some.flags', { type: 'array', of: 'bool', value: [1, 0] }],
  ['some.empty', gguf.texts([])],
]);
const odd = Float32Array.of(1, 2, 3);
const matrix = Float32Array.from({ length: 8 }, (_, i) => i);

it('reads back what it wrote', async () => {
  await writeGguf(at('whole.gguf'), metadata, [
    { name: 'odd', type: 'F32', shape: [3], data: odd },
    { name: 'matrix', type: 'F32', shape: [4, 2], data: () => matrix },
  ]);
  const file = await readGguf(at('whole.gguf'));
  expect([...file.metadata]).toEqual([...metadata]);
  expect([...file.tensors.values()].map(({ name, type, shape }) => ({ name, type, shape }))).toEqual([
    { name: 'odd', type: 'F32', shape: [3] },
    { name: 'matrix', type: 'F32', shape: [4, 2] },
  ]);
  const bytes = readTensorBytes(file, file.tensors.get('matrix')!);
  expect(new Float32Array(bytes.buffer)).toEqual(matrix);
});

it('names a file that is missing, none, or cut off', async () => {
  writeFileSync(at('text.gguf'), 'hello');
  writeFileSync(at('empty.gguf'), '');
  await writeGguf(at('cut.gguf'), metadata, [{ name: 'matrix', type: 'F32', shape: [4, 2], data: matrix }]);
  truncateSync(at('cut.gguf'), (await readGguf(at('cut.gguf'))).tensors.get('matrix')!.offsetBytes + 7);
  await writeGguf(at('header.gguf'), metadata, []);
  truncateSync(at('header.gguf'), 100);
  await expect(readGguf(at('nowhere.gguf'))).rejects.toMatchObject({ code: 'GGUF_MISSING' });
  for (const name of ['text', 'empty', 'cut', 'header']) {
    await expect(readGguf(at(`${name}.gguf`))).rejects.toMatchObject({ code: 'GGUF_INVALID' });
  }
});

it('leaves nothing behind when a tensor has the wrong size', async () => {
  const wrong = writeGguf(at('wrong.gguf'), metadata, [{ name: 'odd', type: 'F32', shape: [4], data: odd }]);
  await expect(wrong).rejects.toMatchObject({ code: 'GGUF_WRITE_FAILED' });
  expect(readdirSync(folder).filter((name) => name.includes('wrong'))).toEqual([]);
});
