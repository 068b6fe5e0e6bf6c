/** The prompts of a queue: what they are called, and what is said in each. */
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { toArtefactPath } from '../../common/config/artefacts.js';
import type { ChatTurn } from '../../common/contracts/generation.js';
import type { QueuePrompts } from '../../common/contracts/rating-queues.js';
import { getDataset } from '../datasets/dataset-rows.js';
import { hashPrompt, readRow, type RowContent } from '../datasets/rows/data-row.js';
import { readSnapshotRows } from '../datasets/snapshot/snapshot-reader.js';
import { getPromptSet, readPrompts } from '../prompt-sets/prompt-rows.js';
import type { ServerConfig } from '../platform/server-config.js';
import { CONFIG } from '../platform/tokens.js';
import { nobody, readPromptOwners, type PromptOwners } from './prompt-owners.js';

export interface QueuePrompt {
  turns: ChatTurn[];
  owners: PromptOwners;
}

export interface NamedPrompts {
  name: string;
  /** Each once, in the order of their source. */
  prompts: QueuePrompt[];
}

/** Among so many first ones of a source, a queue chooses. */
const mostRead = 2000;
const heldOut = { kind: 'preference', split: 'held_out' } as const;

@Injectable()
export class QueuePromptReader {
  constructor(
    private readonly db: DataSource,
    @Inject(CONFIG) private readonly config: ServerConfig,
  ) {}

  /** @throws AppError `RESOURCE_NOT_FOUND` */
  read(source: QueuePrompts): Promise<NamedPrompts> {
    return source.type === 'dataset' ? this.readHeldOut(source.datasetId) : this.readSet(source.promptSetId);
  }

  private async readSet(setId: string): Promise<NamedPrompts> {
    const { name } = await getPromptSet(this.db.manager, setId);
    const prompts: QueuePrompt[] = [];
    for await (const { messages } of readPrompts(this.db.manager, setId)) {
      if (prompts.length >= mostRead) break;
      prompts.push({ turns: messages, owners: nobody });
    }
    return { name, prompts };
  }

  private async readHeldOut(datasetId: string): Promise<NamedPrompts> {
    const dataset = await getDataset(this.db.manager, datasetId);
    const owners = await readPromptOwners(this.db.manager, { id: datasetId, ...heldOut });
    const prompts = new Map<string, QueuePrompt>();
    const folder = toArtefactPath(this.config.dataDir, dataset.folder);
    for await (const row of readSnapshotRows(folder, heldOut)) {
      if (prompts.size >= mostRead) break;
      const content = readRow(row, 1);
      const turns = 'problem' in content ? null : toTurns(content);
      if ('problem' in content || !turns) continue;
      const key = hashPrompt(content);
      if (!prompts.has(key)) prompts.set(key, { turns, owners: owners.get(row.id) ?? nobody });
    }
    return { name: `${dataset.name} v${dataset.version}`, prompts: [...prompts.values()] };
  }
}

/** Everything before the first answer; null where that is nothing to answer. */
function toTurns({ prompt, answers }: RowContent): ChatTurn[] | null {
  const source = prompt.length > 0 ? prompt : (answers[0] ?? '');
  if (typeof source === 'string') return prompt.length > 0 ? [{ role: 'user', content: source }] : null;
  const end = prompt.length > 0 ? source.length : source.findIndex(({ role }) => role === 'assistant');
  const turns = source.slice(0, Math.max(0, end));
  return turns.at(-1)?.role === 'user' ? turns : null;
}
