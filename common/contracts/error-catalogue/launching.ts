import type { ErrorKind } from './error-kind.js';

/** Settings, and starting the programs. */
export const launchingErrors = {
  CONFIG_INVALID: { status: 500, retryable: false, message: 'The settings are not usable: {issues}.' },
  LLAMA_BUILD_UNSUPPORTED: {
    status: 400,
    retryable: false,
    message: 'llama.cpp cannot be built for this machine here: {reason}.',
  },
  LLAMA_BUILD_TOOL_MISSING: {
    status: 503,
    retryable: false,
    message: 'Building llama.cpp takes {tool}, which is not on the PATH; {advice}.',
  },
  LLAMA_BUILD_FAILED: {
    status: 500,
    retryable: false,
    message: 'llama.cpp was not built, {step} failed: {reason} The whole log is in {log}.',
  },
  LLAMA_BUILD_FOLDER_TAKEN: {
    status: 409,
    retryable: false,
    message: '{path} holds something that was not made by build-llama; name another folder with --out.',
  },
  LAUNCHER_ALREADY_RUNNING: {
    status: 409,
    retryable: false,
    message:
      'Attune already runs on {dataDir} (process {pid}), at {address}; stop that one first, or set ATTUNE_DATA_DIR.',
  },
  LAUNCHER_PORT_TAKEN: {
    status: 409,
    retryable: false,
    message: 'Port {port} on {host} is taken by another program; stop that one, or set ATTUNE_PORT.',
  },
  LAUNCHER_PORT_FORBIDDEN: {
    status: 403,
    retryable: false,
    message:
      'This user may not listen on port {port} of {host}; set ATTUNE_PORT to 1024 or above, or allow it.',
  },
  LAUNCHER_HOST_UNUSABLE: {
    status: 400,
    retryable: false,
    message:
      'This machine cannot listen on {host} ({reason}); set ATTUNE_HOST to an address of its own, or to 0.0.0.0 for all.',
  },
  LAUNCHER_POSTGRES_MISSING: {
    status: 503,
    retryable: false,
    message:
      'There is no Postgres of our own for {platform}; run npm install again, or set DATABASE_URL to one that runs.',
  },
  LAUNCHER_POSTGRES_LOST: {
    status: 503,
    retryable: false,
    message:
      'The database of {dataDir} is not in {folder} any more; put it back there, or remove {file} to begin with an empty one.',
  },
  LAUNCHER_POSTGRES_VERSION: {
    status: 503,
    retryable: false,
    message:
      'The database in {folder} was made by Postgres {found}, and this is Postgres {version}; move it over with pg_dump, or set DATABASE_URL.',
  },
  LAUNCHER_SERVICE_FAILED: { status: 503, retryable: true, message: '{service} does not start: {reason}.' },
} satisfies Record<string, ErrorKind>;
