/**
 * GGUF files: typed metadata, tensor infos and tensor data, read and written through ggml's own `gguf_*` functions.
 *
 * Reading takes the header only; tensor data is read on demand. Writing streams the data, so that a tensor need not be in memory before
 * its turn, and ends with a rename: a reader never sees half a file.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import koffi from 'koffi';
import { AppError } from '../contracts/errors.js';
import { findTypeName, ggmlTypes, openGgml, type Ggml, type GgmlType } from './ggml.js';
import { bindFunctions, type NativeFunctions, type Pointer } from './native.js';

/** `gguf_type` numbers. */
const valueTypes = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const;

type NumberType = Exclude<keyof typeof valueTypes, 'bool' | 'string' | 'array'>;
export type GgufValue =
  | { type: NumberType; value: number }
  | { type: 'bool'; value: boolean }
  | { type: 'string'; value: string }
  | { type: 'array'; of: 'string'; value: readonly string[] }
  | { type: 'array'; of: NumberType | 'bool'; value: readonly number[] };
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Short forms for what writers need. */
export const gguf = {
  u32: (value: number): GgufValue => ({ type: 'uint32', value }),
  f32: (value: number): GgufValue => ({ type: 'float32', value }),
  bool: (value: boolean): GgufValue => ({ type: 'bool', value }),
  text: (value: string): GgufValue => ({ type: 'string', value }),
  texts: (value: readonly string[]): GgufValue => ({ type: 'array', of: 'string', value }),
  i32s: (value: readonly number[]): GgufValue => ({ type: 'array', of: 'int32', value }),
  f32s: (value: readonly number[]): GgufValue => ({ type: 'array', of: 'float32', value }),
} as const;

export interface GgufTensorInfo {
  name: string;
  type: GgmlType;
  /** Innermost dimension first, as many as the file names. */
  shape: readonly number[];
  sizeBytes: number;
  /** From the start of the file. */
  offsetBytes: number;
}

export interface GgufFile {
  path: string;
  metadata: GgufMetadata;
  tensors: ReadonlyMap<string, GgufTensorInfo>;
}

export interface GgufTensorSource {
  name: string;
  type: GgmlType;
  shape: readonly number[];
  /** Exactly the bytes of the type and shape; a function is called when the tensor's turn comes. */
  data: ArrayBufferView | (() => ArrayBufferView | Promise<ArrayBufferView>);
}

const functions = {
  init_empty: ['pointer'],
  free: ['void', 'pointer'],
  get_data_offset: ['size', 'pointer'],
  get_n_kv: ['i64', 'pointer'],
  get_key: ['text', 'pointer', 'i64'],
  get_kv_type: ['i32', 'pointer', 'i64'],
  get_arr_type: ['i32', 'pointer', 'i64'],
  get_val_str: ['text', 'pointer', 'i64'],
  get_val_data: ['pointer', 'pointer', 'i64'],
  get_arr_n: ['size', 'pointer', 'i64'],
  get_arr_data: ['pointer', 'pointer', 'i64'],
  get_arr_str: ['text', 'pointer', 'i64', 'size'],
  get_n_tensors: ['i64', 'pointer'],
  get_tensor_offset: ['size', 'pointer', 'i64'],
  get_tensor_name: ['text', 'pointer', 'i64'],
  get_tensor_ne: ['pointer', 'pointer', 'i64'],
  get_tensor_type: ['i32', 'pointer', 'i64'],
  get_tensor_size: ['size', 'pointer', 'i64'],
  set_val_u8: ['void', 'pointer', 'text', 'u8'],
  set_val_i8: ['void', 'pointer', 'text', 'i8'],
  set_val_u16: ['void', 'pointer', 'text', 'u16'],
  set_val_i16: ['void', 'pointer', 'text', 'i16'],
  set_val_u32: ['void', 'pointer', 'text', 'u32'],
  set_val_i32: ['void', 'pointer', 'text', 'i32'],
  set_val_f32: ['void', 'pointer', 'text', 'f32'],
  set_val_u64: ['void', 'pointer', 'text', 'u64'],
  set_val_i64: ['void', 'pointer', 'text', 'i64'],
  set_val_f64: ['void', 'pointer', 'text', 'f64'],
  set_val_bool: ['void', 'pointer', 'text', 'bool'],
  set_val_str: ['void', 'pointer', 'text', 'text'],
  set_arr_data: ['void', 'pointer', 'text', 'i32', 'data', 'size'],
  set_arr_str: ['void', 'pointer', 'text', 'texts', 'size'],
  add_tensor: ['void', 'pointer', 'pointer'],
  get_meta_size: ['size', 'pointer'],
  get_meta_data: ['void', 'pointer', 'data'],
} as const;

type GgufApi = NativeFunctions<typeof functions> & {
  openHeader: (path: string) => Pointer | null;
};

let bound: { ggml: Ggml; api: GgufApi } | undefined;

async function openApi(): Promise<{ ggml: Ggml; api: GgufApi }> {
  const ggml = await openGgml();
  bound ??= { ggml, api: bindGguf(ggml) };
  return bound;
}

function bindGguf(ggml: Ggml): GgufApi {
  const library = ggml.libraries.base;
  const parameters = koffi.struct({ no_alloc: 'bool', ctx: 'void *' });
  const fromFile = library.func('gguf_init_from_file', 'void *', ['str', parameters]);
  return {
    ...bindFunctions(library, 'gguf_', functions),
    openHeader: (file) => fromFile(file, { no_alloc: true, ctx: null }) as Pointer | null,
  };
}

/**
 * Reads a file's header.
 *
 * @throws AppError `GGUF_MISSING` when there is no such file; `GGUF_INVALID` when it is none, cut off, or holds a type that is not known
 */
export async function readGguf(file: string): Promise<GgufFile> {
  const { api } = await openApi();
  const sizeBytes = await checkMagic(file);
  const context = api.openHeader(file);
  if (!context)
    throw new AppError('GGUF_INVALID', { path: file, reason: 'its header is damaged or cut off' });
  try {
    const metadata = new Map(range(api.get_n_kv(context)).map((id) => readPair(api, context, id)));
    const tensors = range(api.get_n_tensors(context)).map((id) => readInfo(api, context, { id, file }));
    const end = Math.max(0, ...tensors.map((tensor) => tensor.offsetBytes + tensor.sizeBytes));
    if (sizeBytes < end) {
      throw new AppError('GGUF_INVALID', { path: file, reason: `it ends at byte ${sizeBytes} of ${end}` });
    }
    return { path: file, metadata, tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])) };
  } finally {
    api.free(context);
  }
}

/** Bytes of one tensor as they stand in the file. */
export function readTensorBytes(file: GgufFile, info: GgufTensorInfo): Uint8Array {
  const bytes = new Uint8Array(info.sizeBytes);
  const handle = openSync(file.path, 'r');
  try {
    for (let done = 0; done < bytes.length;) {
      const got = readSync(handle, bytes, done, bytes.length - done, info.offsetBytes + done);
      if (got === 0)
        throw new AppError('GGUF_INVALID', { path: file.path, reason: `${info.name} is cut off` });
      done += got;
    }
  } finally {
    closeSync(handle);
  }
  return bytes;
}

/**
 * Writes a whole file, or none.
 *
 * @throws AppError `GGUF_WRITE_FAILED` when the disk says no or a tensor's data has another size than its type and shape
 */
export async function writeGguf(
  file: string,
  metadata: GgufMetadata,
  tensors: readonly GgufTensorSource[],
): Promise<void> {
  const { ggml, api } = await openApi();
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      await writeAll(handle, buildHeader({ ggml, api }, metadata, tensors));
      for (const tensor of tensors) await writeTensor(handle, tensor, sizeOf(ggml, tensor));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    if (cause instanceof AppError) throw cause;
    throw new AppError('GGUF_WRITE_FAILED', { path: file, reason: String(cause) }, cause);
  }
}

async function checkMagic(file: string): Promise<number> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (cause) {
    throw new AppError('GGUF_MISSING', { path: file }, cause);
  }
  try {
    const magic = Buffer.alloc(4);
    await handle.read(magic, 0, 4, 0).catch(() => undefined);
    if (magic.toString('latin1') !== 'GGUF') {
      throw new AppError('GGUF_INVALID', { path: file, reason: 'it does not begin with GGUF' });
    }
  } finally {
    await handle.close();
  }
  return (await stat(file)).size;
}

const range = (length: number) => Array.from({ length }, (_, index) => index);
const typeName = (number: number) =>
  (Object.keys(valueTypes) as (keyof typeof valueTypes)[]).find((name) => valueTypes[name] === number)!;
const cName = (type: NumberType | 'bool') =>
  type === 'float32' ? 'float' : type === 'float64' ? 'double' : type === 'bool' ? 'int8_t' : `${type}_t`;

function readPair(api: GgufApi, context: Pointer, id: number): [string, GgufValue] {
  const key = api.get_key(context, id);
  const type = typeName(api.get_kv_type(context, id));
  if (type === 'array') return [key, readArray(api, context, id)];
  if (type === 'string') return [key, { type, value: api.get_val_str(context, id) }];
  const value: unknown = koffi.decode(api.get_val_data(context, id), cName(type));
  return [key, type === 'bool' ? { type, value: Boolean(value) } : { type, value: Number(value) }];
}

function readArray(api: GgufApi, context: Pointer, id: number): GgufValue {
  const of = typeName(api.get_arr_type(context, id));
  const length = api.get_arr_n(context, id);
  if (of === 'string') {
    return { type: 'array', of, value: range(length).map((index) => api.get_arr_str(context, id, index)) };
  }
  if (of === 'array')
    throw new AppError('GGUF_INVALID', { path: api.get_key(context, id), reason: 'an array holds arrays' });
  if (length === 0) return { type: 'array', of, value: [] };
  const values: unknown = koffi.decode(api.get_arr_data(context, id), cName(of), length);
  return { type: 'array', of, value: Array.from(values as ArrayLike<number | bigint>, Number) };
}

function readInfo(
  api: GgufApi,
  context: Pointer,
  { id, file }: { id: number; file: string },
): GgufTensorInfo {
  const name = api.get_tensor_name(context, id);
  const number = api.get_tensor_type(context, id);
  const type = findTypeName(number);
  if (!type)
    throw new AppError('GGUF_INVALID', {
      path: file,
      reason: `tensor ${name} has the unknown type ${number}`,
    });
  const lengths: unknown = koffi.decode(api.get_tensor_ne(context, id), 'int64_t', 4);
  const dimensions = Array.from(lengths as BigInt64Array, Number);
  return {
    name,
    type,
    shape: dimensions.slice(0, Math.max(1, dimensions.findLastIndex((length) => length !== 1) + 1)),
    sizeBytes: api.get_tensor_size(context, id),
    offsetBytes: api.get_data_offset(context) + api.get_tensor_offset(context, id),
  };
}

function buildHeader(
  { ggml, api }: { ggml: Ggml; api: GgufApi },
  metadata: GgufMetadata,
  tensors: readonly GgufTensorSource[],
): Uint8Array {
  const file = api.init_empty();
  const context = ggml.createContext((tensors.length + 1) * ggml.core.tensor_overhead());
  try {
    for (const [key, value] of metadata) setPair(api, file, key, value);
    for (const { name, type, shape } of tensors) {
      const [a = 1, b = 1, c = 1, d = 1] = shape;
      const tensor = ggml.core.new_tensor_4d(context, ggmlTypes[type], a, b, c, d);
      api.add_tensor(file, ggml.core.set_name(tensor, name));
    }
    const header = new Uint8Array(api.get_meta_size(file));
    api.get_meta_data(file, header);
    return header;
  } finally {
    ggml.core.free(context);
    api.free(file);
  }
}

const setters = {
  uint8: 'set_val_u8',
  int8: 'set_val_i8',
  uint16: 'set_val_u16',
  int16: 'set_val_i16',
  uint32: 'set_val_u32',
  int32: 'set_val_i32',
  float32: 'set_val_f32',
  uint64: 'set_val_u64',
  int64: 'set_val_i64',
  float64: 'set_val_f64',
} as const satisfies Record<NumberType, keyof GgufApi>;

function setPair(api: GgufApi, file: Pointer, key: string, entry: GgufValue): void {
  if (entry.type === 'string') api.set_val_str(file, key, entry.value);
  else if (entry.type === 'bool') api.set_val_bool(file, key, entry.value);
  else if (entry.type !== 'array') api[setters[entry.type]](file, key, entry.value);
  else if (entry.of === 'string') api.set_arr_str(file, key, entry.value, entry.value.length);
  else
    api.set_arr_data(file, key, valueTypes[entry.of], packNumbers(entry.of, entry.value), entry.value.length);
}

function packNumbers(type: NumberType | 'bool', values: readonly number[]): ArrayBufferView {
  const bigs = () => values.map(BigInt);
  const pack = {
    uint8: () => Uint8Array.from(values),
    int8: () => Int8Array.from(values),
    bool: () => Int8Array.from(values),
    uint16: () => Uint16Array.from(values),
    int16: () => Int16Array.from(values),
    uint32: () => Uint32Array.from(values),
    int32: () => Int32Array.from(values),
    float32: () => Float32Array.from(values),
    float64: () => Float64Array.from(values),
    uint64: () => BigUint64Array.from(bigs()),
    int64: () => BigInt64Array.from(bigs()),
  } satisfies Record<NumberType | 'bool', () => ArrayBufferView>;
  return pack[type]();
}

function sizeOf(ggml: Ggml, { type, shape }: GgufTensorSource): number {
  const [first = 1, ...others] = shape;
  return ggml.core.row_size(ggmlTypes[type], first) * others.reduce((product, length) => product * length, 1);
}

const alignment = 32;

async function writeTensor(handle: FileHandle, tensor: GgufTensorSource, sizeBytes: number): Promise<void> {
  const data = typeof tensor.data === 'function' ? await tensor.data() : tensor.data;
  if (data.byteLength !== sizeBytes) {
    const reason = `tensor ${tensor.name} came with ${data.byteLength} bytes, expected ${sizeBytes}`;
    throw new AppError('GGUF_WRITE_FAILED', { path: 'the file', reason });
  }
  await writeAll(handle, data);
  const padding = (alignment - (sizeBytes % alignment)) % alignment;
  if (padding) await writeAll(handle, new Uint8Array(padding));
}

async function writeAll(handle: FileHandle, data: ArrayBufferView): Promise<void> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (let done = 0; done < bytes.length;) {
    done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
  }
}
