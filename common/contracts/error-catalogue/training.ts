import type { ErrorKind } from './error-kind.js';

/** Training: its data, its runs and the engine under them. */
export const trainingErrors = {
  ENGINE_LIBRARIES_MISSING: {
    status: 503,
    retryable: false,
    message:
      "llama.cpp's libraries were not found ({wanted}, {platform}); run npm install, or set ATTUNE_LLAMA_DIR or ATTUNE_GPU.",
  },
  ENGINE_LIBRARIES_VERSION: {
    status: 503,
    retryable: false,
    message:
      'The libraries in {directory} are llama.cpp {came}, and Attune works with {expected}; build them again with npx attune build-llama.',
  },
  ENGINE_LAYOUT_CHANGED: {
    status: 503,
    retryable: false,
    message:
      "llama.cpp's {what} is not laid out as expected ({came} instead of {expected}); use the node-llama-cpp version that Attune pins.",
  },
  ENGINE_DEVICE_MISSING: {
    status: 503,
    retryable: false,
    message: 'No {device} device answers on this machine; choose another with ATTUNE_GPU.',
  },
  ENGINE_OUT_OF_MEMORY: {
    status: 507,
    retryable: false,
    message:
      '{what} needs {neededMb} MB, which {device} did not give; use shorter or fewer rows, or a smaller model.',
  },
  ENGINE_COMPUTE_FAILED: {
    status: 500,
    retryable: false,
    message: 'ggml could not compute the graph on {device} (status {status}).',
  },
  TRAINING_BATCH_INVALID: {
    status: 422,
    retryable: false,
    message: 'The batch cannot be computed: {reason}.',
  },
  TRAINING_CANCELLED: { status: 499, retryable: false, message: 'The computation was cancelled.' },
  TRAINING_STATE_MISMATCH: {
    status: 422,
    retryable: false,
    message: 'The checkpoint does not belong to this model: {reason}.',
  },
  TRAINING_LORA_TARGET_UNKNOWN: {
    status: 422,
    retryable: false,
    message: 'This model has no linear layer {target}; it has {available}.',
  },
  DATA_MISSING: { status: 404, retryable: false, message: 'There is no readable data file {path}.' },
  DATA_EMPTY: {
    status: 422,
    retryable: false,
    message: '{path} holds no example to learn from; collect feedback or choose another filter.',
  },
  DATA_ROWS_INVALID: {
    status: 422,
    retryable: false,
    message: '{count} rows of {path} cannot be used: {problems}.',
  },
  DATA_ANSWER_TOO_LONG: {
    status: 422,
    retryable: false,
    message:
      'The answer in line {line} has {tokens} tokens, but the model reads {contextLength}; shorten it, leave long examples out (tooLong: drop), or choose another model.',
  },
  RUN_CONFIG_INVALID: {
    status: 422,
    retryable: false,
    message: 'The settings of the run do not fit: {issues}.',
  },
  RUN_NOT_FINITE: {
    status: 422,
    retryable: false,
    message:
      'Step {step}: {what} is not a finite number; the run stopped. Lower the learning rate or the gradient clip. The last good checkpoint is {checkpoint}.',
  },
  RUN_DIVERGED: {
    status: 422,
    retryable: false,
    message: 'Step {step}: {reason} The last good checkpoint is {checkpoint}.',
  },
  RUN_OUT_OF_MEMORY: {
    status: 507,
    retryable: false,
    message: 'Step {step}: {device} ran out of memory. {advice}',
  },
  RUN_CRASHED: {
    status: 500,
    retryable: false,
    message: 'The training process ended at step {step} ({how}): {stderr}',
  },
  RUN_CHECKPOINT_MISMATCH: {
    status: 422,
    retryable: false,
    message:
      'The checkpoint {path} was made with another {what} ({came}, here {expected}); resume with the same, or start anew.',
  },
  RUN_CHECKPOINT_INVALID: {
    status: 422,
    retryable: false,
    message: 'The checkpoint {path} cannot be read: {reason}.',
  },
  RUN_OUTPUT_EXISTS: {
    status: 409,
    retryable: false,
    message: '{path} holds another run; choose an empty folder, or resume it.',
  },
  RUN_BASE_GONE: {
    status: 409,
    retryable: false,
    message:
      'The version that this run starts from is not here any more; clone the run and start from another one.',
  },
  RUN_DATASET_GONE: {
    status: 409,
    retryable: false,
    message:
      'The dataset that this run learns from is not here any more; clone the run and choose another one.',
  },
  RUN_DATA_UNFIT: {
    status: 422,
    retryable: false,
    message: 'A {kind} run learns from {needs} rows, of which the dataset {dataset} has none to train on.',
  },
  RUN_DATA_ONE_CLASS: {
    status: 422,
    retryable: false,
    message: 'KTO needs thumbs of both kinds; {dataset} has {desirable} up and {undesirable} down.',
  },
  RUN_RESULT_REFUSED: {
    status: 500,
    retryable: false,
    message:
      'The run computed to its end, but the database refused its result ({reason}); its checkpoints are kept. Resume it once that is mended.',
  },
  RUN_STATE_UNFIT: {
    status: 409,
    retryable: false,
    message: 'The run is {state}; {action} is not possible now.',
  },
  RUN_TASK_CRASHED: {
    status: 500,
    retryable: true,
    message:
      'The process that was to find this out ended without an answer ({how}); the memory may not suffice.',
  },
  RUN_REWARD_MISSING: {
    status: 422,
    retryable: false,
    message: 'A {kind} run learns from rewards, and none is named; add a reward model, a rule or a judge.',
  },
  RUN_REWARD_GONE: {
    status: 409,
    retryable: false,
    message:
      'The version {versionId}, which was to give a reward, is not here any more; clone the run and choose another one.',
  },
  RUN_REWARD_UNFIT: {
    status: 422,
    retryable: false,
    message: '{name} cannot reward this run: {reason}. Choose another version.',
  },
  RUN_REWARDS_UNSCORED: {
    status: 422,
    retryable: false,
    message:
      'Step {step}: no reward could score any of the {count} answers; look at the answers, and choose rewards that fit these prompts.',
  },
  RUN_SAMPLER_FAILED: {
    status: 500,
    retryable: true,
    message:
      'Step {step}: the sampler failed ({reason}). Resume the run: it repeats this step; with less memory, lower the answers per prompt.',
  },
  RUN_MIX_MISSING: {
    status: 422,
    retryable: false,
    message: 'The pretraining mix has a weight but no text; name a dataset for it, or set its weight to 0.',
  },
  REWARD_MODEL_UNFIT: {
    status: 422,
    retryable: false,
    message: '{path} has no head to score with; choose the adapter of a reward run.',
  },
  REWARD_NOT_FINITE: {
    status: 422,
    retryable: false,
    message:
      'The reward model gave answer {answer} to prompt {prompt} no finite score; train it anew with a lower learning rate.',
  },
} satisfies Record<string, ErrorKind>;
