/**
 * llama.cpp's own log: kept in memory instead of written to stderr, so that an error can say what the library said.
 *
 * The library calls back from whatever thread it runs on; koffi hands such calls to the main thread, which is why models are loaded and
 * batches decoded by asynchronous calls. Debug lines never leave C.
 */
import koffi from 'koffi';
import type { LlamaLibraries } from './libraries.js';

/** `ggml_log_level`: 2 info, 3 warning, 4 error, 5 continues the line before. */
const warningLevel = 3;
const errorLevel = 4;
const keptLines = 20;

const lines: string[] = [];
let lastLevel = 0;

/** Routes the library's log here, for the rest of the process. */
export function captureLog(libraries: LlamaLibraries): void {
  const callback = koffi.proto('void', ['int', 'str', 'void *']);
  const listener = koffi.register(
    (level: number, text: string) => keep(level, text),
    koffi.pointer(callback),
  );
  libraries.llama.func('llama_log_set', 'void', [koffi.pointer(callback), 'void *'])(listener, null);
}

function keep(level: number, text: string): void {
  if (level <= errorLevel) lastLevel = level;
  if (lastLevel < warningLevel || !text?.trim()) return;
  lines.push(text.trim());
  if (lines.length > keptLines) lines.shift();
}

/** Warnings and errors since the last call, oldest first; at most 20. */
export function takeLog(): string[] {
  return lines.splice(0);
}
