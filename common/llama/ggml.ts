/**
 * ggml's C API as far as training needs it: tensors, graphs, their placement, back ends and type conversion.
 *
 * Functions keep their C names without the `ggml_` prefix, so that llama.cpp's headers document them. ggml answers misuse by aborting the
 * process. Nothing here is freed by itself: `worker/engine` owns what it makes.
 */
import koffi from 'koffi';
import { AppError } from '../contracts/errors.js';
import { openLibraries, type LibraryOptions, type LlamaLibraries } from './libraries.js';
import { bindFunctions, type NativeFunctions, type Pointer } from './native.js';

/** ggml's type numbers by name, as they stand in GGUF files. */
export const ggmlTypes = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q5_0: 6,
  Q5_1: 7,
  Q8_0: 8,
  Q2_K: 10,
  Q3_K: 11,
  Q4_K: 12,
  Q5_K: 13,
  Q6_K: 14,
  IQ2_XXS: 16,
  IQ2_XS: 17,
  IQ3_XXS: 18,
  IQ1_S: 19,
  IQ4_NL: 20,
  IQ3_S: 21,
  IQ2_S: 22,
  IQ4_XS: 23,
  I32: 26,
  IQ1_M: 29,
  BF16: 30,
  TQ1_0: 34,
  TQ2_0: 35,
  MXFP4: 39,
} as const;
export type GgmlType = keyof typeof ggmlTypes;

/** `ggml_backend_dev_type`. */
export const deviceTypes = { cpu: 0, gpu: 1, integratedGpu: 2 } as const;

const unary = ['pointer', 'pointer', 'pointer'] as const;
const binary = ['pointer', 'pointer', 'pointer', 'pointer'] as const;
const ternary = ['pointer', 'pointer', 'pointer', 'pointer', 'pointer'] as const;
const ropeArguments = ['i32', 'i32', 'i32', 'f32', 'f32', 'f32', 'f32', 'f32', 'f32'] as const;

const operations = {
  add: binary,
  add_inplace: binary,
  sub: binary,
  mul: binary,
  div: binary,
  neg: unary,
  sqr: unary,
  log: unary,
  exp: unary,
  sigmoid: unary,
  silu: unary,
  tanh: unary,
  gelu: unary,
  swiglu_split: binary,
  silu_back: binary,
  sum: unary,
  sum_rows: unary,
  argmax: unary,
  scale: ['pointer', 'pointer', 'pointer', 'f32'],
  scale_bias: ['pointer', 'pointer', 'pointer', 'f32', 'f32'],
  mul_mat: binary,
  out_prod: binary,
  rms_norm: ['pointer', 'pointer', 'pointer', 'f32'],
  rms_norm_back: ['pointer', 'pointer', 'pointer', 'pointer', 'f32'],
  get_rows: binary,
  get_rows_back: ternary,
  repeat: binary,
  repeat_back: binary,
  soft_max: unary,
  soft_max_ext: ['pointer', 'pointer', 'pointer', 'nullable', 'f32', 'f32'],
  soft_max_ext_back: ['pointer', 'pointer', 'pointer', 'pointer', 'f32', 'f32'],
  rope_ext: ['pointer', 'pointer', 'pointer', 'pointer', 'nullable', ...ropeArguments],
  rope_ext_back: ['pointer', 'pointer', 'pointer', 'pointer', 'nullable', ...ropeArguments],
  reshape_1d: ['pointer', 'pointer', 'pointer', 'i64'],
  reshape_2d: ['pointer', 'pointer', 'pointer', 'i64', 'i64'],
  reshape_3d: ['pointer', 'pointer', 'pointer', 'i64', 'i64', 'i64'],
  reshape_4d: ['pointer', 'pointer', 'pointer', 'i64', 'i64', 'i64', 'i64'],
  view_2d: ['pointer', 'pointer', 'pointer', 'i64', 'i64', 'size', 'size'],
  view_4d: ['pointer', 'pointer', 'pointer', 'i64', 'i64', 'i64', 'i64', 'size', 'size', 'size', 'size'],
  pad: ['pointer', 'pointer', 'pointer', 'i32', 'i32', 'i32', 'i32'],
  concat: ['pointer', 'pointer', 'pointer', 'pointer', 'i32'],
  permute: ['pointer', 'pointer', 'pointer', 'i32', 'i32', 'i32', 'i32'],
  transpose: unary,
  cont: unary,
  cpy: binary,
  cast: ['pointer', 'pointer', 'pointer', 'i32'],
  opt_step_adamw: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer', 'pointer', 'pointer'],
} as const;

const structure = {
  free: ['void', 'pointer'],
  tensor_overhead: ['size'],
  graph_overhead_custom: ['size', 'size', 'bool'],
  new_tensor_4d: ['pointer', 'pointer', 'i32', 'i64', 'i64', 'i64', 'i64'],
  new_graph_custom: ['pointer', 'pointer', 'size', 'bool'],
  build_forward_expand: ['void', 'pointer', 'pointer'],
  graph_n_nodes: ['i32', 'pointer'],
  graph_node: ['pointer', 'pointer', 'i32'],
  graph_add_node: ['void', 'pointer', 'pointer'],
  set_input: ['void', 'pointer'],
  set_output: ['void', 'pointer'],
  set_param: ['void', 'pointer'],
  set_name: ['pointer', 'pointer', 'text'],
  nbytes: ['size', 'pointer'],
  row_size: ['size', 'i32', 'i64'],
  type_name: ['text', 'i32'],
  blck_size: ['i64', 'i32'],
  type_size: ['size', 'i32'],
  is_quantized: ['bool', 'i32'],
  op_desc: ['text', 'pointer'],
  get_type_traits: ['pointer', 'i32'],
  quantize_requires_imatrix: ['bool', 'i32'],
  quantize_chunk: ['size', 'i32', 'data', 'data', 'i64', 'i64', 'i64', 'nullable'],
  gallocr_new: ['pointer', 'pointer'],
  gallocr_free: ['void', 'pointer'],
  gallocr_alloc_graph: ['bool', 'pointer', 'pointer'],
  gallocr_reserve_n_size: ['void', 'pointer', 'pointer', 'nullable', 'nullable', 'data'],
  gallocr_get_buffer_size: ['size', 'pointer', 'i32'],
} as const;

const backends = {
  free: ['void', 'pointer'],
  name: ['text', 'pointer'],
  get_device: ['pointer', 'pointer'],
  get_default_buffer_type: ['pointer', 'pointer'],
  graph_compute: ['i32', 'pointer', 'pointer'],
  synchronize: ['void', 'pointer'],
  supports_op: ['bool', 'pointer', 'pointer'],
  alloc_ctx_tensors_from_buft: ['nullable', 'pointer', 'pointer'],
  alloc_ctx_tensors_from_buft_size: ['size', 'pointer', 'pointer'],
  buffer_free: ['void', 'pointer'],
  buffer_clear: ['void', 'pointer', 'u8'],
  buffer_get_size: ['size', 'pointer'],
  tensor_set: ['void', 'pointer', 'data', 'size', 'size'],
  tensor_get: ['void', 'pointer', 'data', 'size', 'size'],
  tensor_memset: ['void', 'pointer', 'u8', 'size', 'size'],
  dev_name: ['text', 'pointer'],
  dev_description: ['text', 'pointer'],
  dev_memory: ['void', 'pointer', 'data', 'data'],
  dev_type: ['i32', 'pointer'],
  dev_init: ['nullable', 'pointer', 'textOrNull'],
  dev_backend_reg: ['pointer', 'pointer'],
  dev_supports_op: ['bool', 'pointer', 'pointer'],
  reg_get_proc_address: ['nullable', 'pointer', 'text'],
} as const;

const registry = {
  dev_by_type: ['nullable', 'i32'],
  dev_count: ['size'],
  dev_get: ['pointer', 'size'],
} as const;

type Operations = NativeFunctions<typeof operations>;
type OperationName = keyof typeof operations;
type WithoutContext<F> = F extends (context: Pointer, ...args: infer A) => infer R
  ? (...args: A) => R
  : never;

/** Graph-building functions with their context filled in. */
export type BoundOperations = { [Name in OperationName]: WithoutContext<Operations[Name]> };

/** Dimensions, innermost first. */
export type Shape = [number, number, number, number];

export interface Ggml {
  libraries: LlamaLibraries;
  ops: Operations;
  core: NativeFunctions<typeof structure>;
  backend: NativeFunctions<typeof backends> & NativeFunctions<typeof registry>;
  /** `ggml_init` with `no_alloc`: the context holds headers of tensors and graphs only. */
  createContext(sizeBytes: number): Pointer;
  /** Dimensions of a tensor, innermost first. */
  shapeOf(tensor: Pointer): Shape;
  typeOf(tensor: Pointer): GgmlType;
  /** Number of threads of a CPU back end; others ignore it. */
  setThreads(backend: Pointer, threads: number): void;
  /** Converts one block of rows to F32. @param source quantised bytes @param count number of elements, a multiple of the block size */
  dequantize(type: GgmlType, source: Uint8Array, count: number): Float32Array;
}

let opened: Promise<Ggml> | undefined;

/**
 * Binds ggml over the process's llama.cpp libraries, once.
 *
 * @throws AppError `ENGINE_LIBRARIES_MISSING`; `ENGINE_LAYOUT_CHANGED` when a known struct is not laid out as expected
 */
export function openGgml(options: LibraryOptions = {}): Promise<Ggml> {
  opened ??= openLibraries(options).then(bindGgml);
  return opened;
}

const typeNames = new Map<number, GgmlType>(
  Object.entries(ggmlTypes).map(([name, number]) => [number, name as GgmlType]),
);

/** Name of a type number. @returns null for a number that this list does not have */
export function findTypeName(number: number): GgmlType | null {
  return typeNames.get(number) ?? null;
}

// `struct ggml_tensor` begins: type (4 bytes, 4 of padding), buffer (8), ne[4] (int64).
const shapeOffset = 16;
// `struct ggml_type_traits`: name, block size, interleave, size, is_quantized, to_float, from_float_ref; 8 bytes each.
const toFloatOffset = 40;

function bindGgml(libraries: LlamaLibraries): Ggml {
  const core = bindFunctions(libraries.base, 'ggml_', structure);
  const ops = bindFunctions(libraries.base, 'ggml_', operations);
  const backend = {
    ...bindFunctions(libraries.base, 'ggml_backend_', backends),
    ...bindFunctions(libraries.registry, 'ggml_backend_', registry),
  };
  const parameters = koffi.struct({ mem_size: 'size_t', mem_buffer: 'void *', no_alloc: 'bool' });
  const init = libraries.base.func('ggml_init', 'void *', [parameters]);
  const threadSetter = koffi.proto('void (void *, int)');
  const toFloat = koffi.proto('void (void *, void *, int64_t)');

  const ggml: Ggml = {
    libraries,
    ops,
    core,
    backend,
    createContext: (sizeBytes) => init({ mem_size: sizeBytes, mem_buffer: null, no_alloc: true }) as Pointer,
    shapeOf: (tensor) =>
      Array.from(koffi.decode(tensor, shapeOffset, 'int64_t', 4) as BigInt64Array, Number) as Shape,
    typeOf: (tensor) => typeNames.get(koffi.decode(tensor, 'int32_t') as number) ?? unknownType(),
    setThreads(handle, threads) {
      const owner = backend.dev_backend_reg(backend.get_device(handle));
      const setter = backend.reg_get_proc_address(owner, 'ggml_backend_set_n_threads');
      if (setter) koffi.call(setter, threadSetter, handle, threads);
    },
    dequantize(type, source, count) {
      if (type === 'F32') return new Float32Array(source.slice().buffer, 0, count);
      const traits = core.get_type_traits(ggmlTypes[type]);
      const convert = koffi.decode(traits, toFloatOffset, 'void *') as Pointer;
      const result = new Float32Array(count);
      koffi.call(convert, toFloat, source, result, count);
      return result;
    },
  };
  checkLayout(ggml);
  return ggml;
}

function unknownType(): never {
  throw new AppError('ENGINE_LAYOUT_CHANGED', {
    what: 'ggml_type',
    came: 'a new number',
    expected: 'a known one',
  });
}

/** A changed struct must be an error at start, not a crash in the middle of a run. */
function checkLayout(ggml: Ggml): void {
  const { core } = ggml;
  const expect = (what: string, came: unknown, expected: unknown) => {
    if (String(came) !== String(expected)) {
      throw new AppError('ENGINE_LAYOUT_CHANGED', { what, came: String(came), expected: String(expected) });
    }
  };
  const context = ggml.createContext(4 * core.tensor_overhead());
  try {
    const tensor = core.new_tensor_4d(context, ggmlTypes.BF16, 2, 3, 5, 7);
    expect('ggml_tensor.ne', ggml.shapeOf(tensor), [2, 3, 5, 7]);
    expect('ggml_tensor.type', ggml.typeOf(tensor), 'BF16');
  } finally {
    core.free(context);
  }
  for (const [name, number] of Object.entries(ggmlTypes)) {
    expect(`ggml_type ${name}`, core.type_name(number).toUpperCase(), name.toUpperCase());
  }
  expect('ggml_type_traits', ggml.dequantize('BF16', new Uint8Array([0x80, 0x3f, 0, 0xc0]), 2), [1, -2]);
}
