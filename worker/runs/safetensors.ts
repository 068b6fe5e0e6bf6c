/**
 * Hugging Face's safetensors: eight bytes of header length, a JSON header, then the tensors' bytes. Written only; all is little-endian F32.
 */
import { writeFileAtomically } from './atomic-file.js';

export interface SafeTensor {
  name: string;
  /** PyTorch's order: outermost dimension first. */
  shape: readonly number[];
  data: Float32Array;
}

/** Writes a whole file, or none. */
export async function writeSafetensors(
  file: string,
  tensors: readonly SafeTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  // The tensors begin at a multiple of eight, so that a reader may map them.
  const json = JSON.stringify(header);
  const text = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8));
  const bytes = new Uint8Array(8 + text.byteLength + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  bytes.set(text, 8);
  let cursor = 8 + text.byteLength;
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), cursor);
    cursor += data.byteLength;
  }
  await writeFileAtomically(file, bytes);
}
