/**
 * Typed foreign functions: one word per argument, the TypeScript signature derived from the words.
 *
 * Leaves out what the functions mean; `ggml.ts`, `gguf.ts` and `llama.ts` hold the tables.
 */
import type koffi from 'koffi';

/** Address of something that a C library owns. */
export type Pointer = bigint;

type Library = ReturnType<typeof koffi.load>;

/** C type of each word. A typed array or buffer passes for `data`; 64-bit integers stay below 2^53 here. */
const cTypes = {
  void: 'void',
  pointer: 'void *',
  nullable: 'void *',
  data: 'void *',
  text: 'str',
  textOrNull: 'str',
  texts: 'str *',
  bool: 'bool',
  i8: 'int8_t',
  u8: 'uint8_t',
  i16: 'int16_t',
  u16: 'uint16_t',
  i32: 'int32_t',
  u32: 'uint32_t',
  i64: 'int64_t',
  u64: 'uint64_t',
  size: 'size_t',
  f32: 'float',
  f64: 'double',
} as const;

interface Values {
  void: void;
  pointer: Pointer;
  nullable: Pointer | null;
  data: ArrayBufferView | Pointer;
  text: string;
  textOrNull: string | null;
  texts: readonly string[];
  bool: boolean;
  i8: number;
  u8: number;
  i16: number;
  u16: number;
  i32: number;
  u32: number;
  i64: number;
  u64: number;
  size: number;
  f32: number;
  f64: number;
}

type Word = keyof typeof cTypes;
/** Result first, then the arguments; a koffi struct stands for itself. */
export type Signature = readonly [Word, ...Word[]];

type ArgumentsOf<Words extends readonly Word[]> = { -readonly [I in keyof Words]: Values[Words[I]] };
export type NativeFunction<S extends Signature> = S extends readonly [
  infer R extends Word,
  ...infer A extends Word[],
]
  ? ((...args: ArgumentsOf<A>) => Values[R]) & {
      /** Runs on a thread of its own; whatever the arguments point at must stay reachable until it ends. */
      onThread: (...args: ArgumentsOf<A>) => Promise<Values[R]>;
    }
  : never;
export type NativeFunctions<Table extends Record<string, Signature>> = {
  [Name in keyof Table]: NativeFunction<Table[Name]>;
};

/**
 * Binds a table of functions of one library.
 *
 * @param prefix  put before each key, so that `add` finds `ggml_add`
 * @throws Error from koffi, naming the symbol, when the library lacks one
 */
export function bindFunctions<const Table extends Record<string, Signature>>(
  library: Library,
  prefix: string,
  table: Table,
): NativeFunctions<Table> {
  const bound = Object.entries(table).map(([name, [result, ...args]]) => {
    const call = library.func(
      prefix + name,
      cTypes[result],
      args.map((word) => cTypes[word]),
    );
    return [name, Object.assign(call, { onThread: onThread(call) })];
  });
  return Object.fromEntries(bound) as NativeFunctions<Table>;
}

type KoffiFunction = ReturnType<Library['func']>;

/** Runs a foreign function on a thread of its own; whatever the arguments point at must stay reachable until it ends. */
export function onThread<Args extends unknown[], Result>(call: KoffiFunction) {
  return (...args: Args) =>
    new Promise<Result>((resolve, reject) => {
      call.async(...args, (error: unknown, result: Result) => {
        if (error) reject(error instanceof Error ? error : new Error(String(error)));
        else resolve(result);
      });
    });
}
