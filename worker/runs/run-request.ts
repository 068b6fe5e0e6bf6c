/** What a run is started with: settings, and where everything lies. */
import { z } from 'zod';
import { AppError } from '../../common/contracts/errors.js';
import {
  isOnline,
  runConfigSchema,
  type OfflineConfig,
  type OnlineConfig,
} from '../../common/contracts/runs.js';

export const runRequestSchema = z.strictObject({
  config: runConfigSchema,
  /** GGUF that is trained. */
  modelPath: z.string(),
  /** JSONL to learn from. */
  dataPath: z.string(),
  /** JSONL to judge by; null holds out a share of `dataPath`. */
  heldOutPath: z.string().nullable().default(null),
  /** JSONL of answers or documents whose likelihood is mixed in (PPO-ptx). */
  mixPath: z.string().nullable().default(null),
  /** Adapters of the versions that rewards name, by version. */
  rewardAdapters: z.record(z.string(), z.string()).default({}),
  /** Folder of the run; made when it is not there. */
  outputPath: z.string(),
  /** Adapter (GGUF) to go on from; it is also the reference of preference training. */
  startAdapterPath: z.string().nullable().default(null),
  /** True goes on from the folder's last checkpoint. */
  resume: z.boolean().default(false),
  /** Also write the base with the adapter merged in, in this type; null does not. */
  merge: z.enum(['F32', 'F16', 'BF16', 'Q8_0']).nullable().default(null),
  gpu: z.enum(['auto', 'cuda', 'vulkan', 'metal', 'off']).default('auto'),
  /** Folder of llama.cpp libraries built for this machine. */
  llamaDirectory: z.string().nullable().default(null),
  /** CPU threads; null takes what the machine has. */
  threads: z.int().min(1).max(1024).nullable().default(null),
  /** Compute each layer's activations twice rather than keep them: slower, far less memory. */
  recomputeLayers: z.boolean().default(false),
  /** Write the adapter beside each checkpoint, so that what the model has learnt by then can be heard. */
  keepAdapters: z.boolean().default(false),
});

export type RunRequest = z.infer<typeof runRequestSchema>;

/** A request to learn from, or to be judged by, answers that are there. */
export type OfflineRequest = Omit<RunRequest, 'config'> & { config: OfflineConfig };

/** A request to learn from the model's own answers. */
export type OnlineRequest = Omit<RunRequest, 'config'> & { config: OnlineConfig };

/** @throws AppError `RUN_CONFIG_INVALID` for a kind that answers itself, where only answers of a file will do */
export function toOffline({ config, ...request }: RunRequest): OfflineRequest {
  if (!isOnline(config)) return { ...request, config };
  const issue = `${config.kind} learns from its own answers, of which there are none here; choose dpo, reward or sft`;
  throw new AppError('RUN_CONFIG_INVALID', { issues: [issue] });
}
