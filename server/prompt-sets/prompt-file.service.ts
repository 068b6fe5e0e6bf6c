/** Prompt sets as files: TRL's prompt-only JSONL with a column of checks. All of a file is taken, or nothing and a report of its lines. */
import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  promptLineSchema,
  type ImportPromptSet,
  type NewPrompt,
  type PromptSet,
} from '../../common/contracts/prompt-sets.js';
import { AppError } from '../../common/contracts/errors.js';
import { readLines, toJsonLine, type ReadLine } from '../../common/data/json-lines.js';
import { assertUsable, getPromptSet, readPrompts } from './prompt-rows.js';
import { PromptSetService } from './prompt-set.service.js';

/** More lines than this are counted, not told. */
const problemsTold = 200;

@Injectable()
export class PromptFileService {
  constructor(
    private readonly db: DataSource,
    private readonly sets: PromptSetService,
  ) {}

  /** @throws AppError `PROMPT_FILE_INVALID` with the lines that cannot be used, `PROMPT_FILE_EMPTY` */
  async import(
    file: AsyncIterable<Uint8Array>,
    { fileName, name, purpose }: ImportPromptSet,
    createdBy: string,
  ): Promise<PromptSet> {
    const prompts = await readPromptFile(file, fileName);
    return this.sets.create({ name, purpose, description: '' }, createdBy, prompts);
  }

  /** @throws AppError `RESOURCE_NOT_FOUND` */
  async export(id: string): Promise<{ name: string; content: Readable }> {
    const { name } = await getPromptSet(this.db.manager, id);
    const manager = this.db.manager;
    async function* lines() {
      for await (const { messages, checks } of readPrompts(manager, id))
        yield toJsonLine({ prompt: messages, checks });
    }
    return { name, content: Readable.from(lines()) };
  }
}

async function readPromptFile(file: AsyncIterable<Uint8Array>, fileName: string): Promise<NewPrompt[]> {
  const prompts: NewPrompt[] = [];
  const problems: string[] = [];
  let count = 0;
  for await (const line of readLines(file)) {
    const read = readPrompt(line);
    if (!('problem' in read)) prompts.push(read);
    else if (count++ < problemsTold) problems.push(`line ${line.line}: ${read.problem}`);
  }
  if (count > 0) throw new AppError('PROMPT_FILE_INVALID', { fileName, count, problems });
  if (prompts.length === 0) throw new AppError('PROMPT_FILE_EMPTY', { fileName });
  return prompts;
}

function readPrompt(line: ReadLine): NewPrompt | { problem: string } {
  if ('problem' in line) return line;
  try {
    const parsed = promptLineSchema.safeParse(JSON.parse(line.text));
    if (!parsed.success)
      return {
        problem: parsed.error.issues
          .map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))
          .join('; '),
      };
    assertUsable(parsed.data);
    return parsed.data;
  } catch (error) {
    if (error instanceof AppError) return { problem: error.message };
    return { problem: 'not JSON' };
  }
}
