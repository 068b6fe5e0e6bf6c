import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type {
  ChangePromptSet,
  NewPrompt,
  NewPromptSet,
  Prompt,
  PromptPageQuery,
  PromptSet,
} from '../../common/contracts/prompt-sets.js';
import { AppError } from '../../common/contracts/errors.js';
import { PromptEntity } from '../../common/database/prompt.entity.js';
import { PromptSetEntity } from '../../common/database/prompt-set.entity.js';
import { appendPrompts, assertUsable, getPromptSet, listPromptSets, toPrompt } from './prompt-rows.js';

/** Prompt sets and the prompts in them. */
@Injectable()
export class PromptSetService {
  constructor(private readonly db: DataSource) {}

  list(): Promise<PromptSet[]> {
    return listPromptSets(this.db.manager);
  }

  async get(id: string): Promise<PromptSet> {
    const [set] = await listPromptSets(this.db.manager, id);
    if (!set) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'prompt set' });
    return set;
  }

  /** A set and its prompts are there together, or not at all. */
  async create(set: NewPromptSet, createdBy: string, prompts: readonly NewPrompt[] = []): Promise<PromptSet> {
    const id = randomUUID();
    await this.db.transaction(async (manager) => {
      await manager.insert(PromptSetEntity, { ...set, id, createdBy });
      await appendPrompts(manager, id, prompts);
    });
    return this.get(id);
  }

  async change(id: string, changes: ChangePromptSet): Promise<PromptSet> {
    await getPromptSet(this.db.manager, id);
    await this.db.manager.update(PromptSetEntity, { id }, { ...changes, updatedAt: new Date() });
    return this.get(id);
  }

  async copy(id: string, name: string, createdBy: string): Promise<PromptSet> {
    const { purpose, description } = await getPromptSet(this.db.manager, id);
    const prompts = await this.db.manager.find(PromptEntity, {
      where: { setId: id },
      order: { position: 'ASC' },
    });
    const contents = prompts.map(({ messages, checks }) => ({ messages, checks }));
    return this.create({ name, purpose, description }, createdBy, contents);
  }

  /** Datasets that were frozen from it, and evaluations that asked it, keep what they took. */
  async delete(id: string): Promise<void> {
    await getPromptSet(this.db.manager, id);
    await this.db.manager.delete(PromptSetEntity, { id });
  }

  async listPrompts(setId: string, { limit, offset }: PromptPageQuery): Promise<Prompt[]> {
    await getPromptSet(this.db.manager, setId);
    const page = { where: { setId }, order: { position: 'ASC' as const }, take: limit, skip: offset };
    return (await this.db.manager.find(PromptEntity, page)).map(toPrompt);
  }

  async addPrompt(setId: string, prompt: NewPrompt): Promise<Prompt> {
    assertUsable(prompt);
    return this.db.transaction(async (manager) => {
      await getPromptSet(manager, setId);
      const [id = ''] = await appendPrompts(manager, setId, [prompt]);
      await touch(manager, setId);
      return { id, ...prompt };
    });
  }

  async changePrompt(id: string, prompt: NewPrompt): Promise<Prompt> {
    assertUsable(prompt);
    return this.db.transaction(async (manager) => {
      const row = await getPrompt(manager, id);
      await manager.save(Object.assign(row, prompt));
      await touch(manager, row.setId);
      return { id, ...prompt };
    });
  }

  async deletePrompt(id: string): Promise<void> {
    await this.db.transaction(async (manager) => {
      const { setId } = await getPrompt(manager, id);
      await manager.delete(PromptEntity, { id });
      await touch(manager, setId);
    });
  }
}

/** @throws AppError `RESOURCE_NOT_FOUND` */
async function getPrompt(manager: EntityManager, id: string): Promise<PromptEntity> {
  const prompt = await manager.findOneBy(PromptEntity, { id });
  if (!prompt) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'prompt' });
  return prompt;
}

async function touch(manager: EntityManager, id: string): Promise<void> {
  await manager.update(PromptSetEntity, { id }, { updatedAt: new Date() });
}
