import { expect, it } from 'vitest';
import { deviceTypes, openGgml } from '../../common/llama/ggml.js';
import { computesGradients } from '../../worker/engine/backward-support.js';

it('opens ggml and finds its structs laid out as bound', async () => {
  const ggml = await openGgml({ gpu: 'off' });
  expect(ggml.core.row_size(8, 64)).toBe(68);
  expect(ggml.backend.dev_count()).toBeGreaterThan(0);
});

it("dequantises what it quantised, to the type's precision", async () => {
  const ggml = await openGgml({ gpu: 'off' });
  const values = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
  const packed = new Uint8Array(ggml.core.row_size(8, 64));
  expect(ggml.core.quantize_chunk(8, values, packed, 0, 1, 64, null)).toBe(packed.length);
  const back = ggml.dequantize('Q8_0', packed, 64);
  expect(Math.max(...back.map((x, i) => Math.abs(x - values[i]!)))).toBeLessThan(0.01);
});

it('finds that the CPU computes gradients', async () => {
  const ggml = await openGgml({ gpu: 'off' });
  expect(computesGradients(ggml, ggml.backend.dev_by_type(deviceTypes.cpu) ?? 0n)).toBe(true);
});
