/** The prompt sets, and files that become one. */
import type { NewPromptSet, PromptPurpose, PromptSet } from '$contracts';
import { toRefusedFile, type RefusedFile } from '$lib/forms/refused-file';
import { http } from '$lib/net/api';
import { refresh } from '$lib/net/refresh';

export class PromptShelf {
  items = $state.raw<readonly PromptSet[]>([]);
  loaded = $state(false);
  refused = $state.raw<RefusedFile | null>(null);

  async load(): Promise<void> {
    this.items = await http.get<PromptSet[]>('/api/prompt-sets');
    this.loaded = true;
  }

  create(set: NewPromptSet): Promise<PromptSet> {
    return http.post<PromptSet>('/api/prompt-sets', set);
  }

  async copy(id: string, name: string): Promise<PromptSet> {
    const copy = await http.post<PromptSet>(`/api/prompt-sets/${id}/copy`, { name });
    await refresh(this.load());
    return copy;
  }

  async delete(id: string): Promise<void> {
    await http.delete(`/api/prompt-sets/${id}`);
    await refresh(this.load());
  }

  /** What is wrong with the file's lines is kept in `refused`; every other failure is thrown. */
  async import(
    file: File,
    { name, purpose }: { name: string; purpose: PromptPurpose },
  ): Promise<PromptSet | null> {
    this.refused = null;
    const query = new URLSearchParams({ name, purpose, fileName: file.name });
    try {
      const set = await http.post<PromptSet>(`/api/prompt-sets/import?${query.toString()}`, file);
      await refresh(this.load());
      return set;
    } catch (error) {
      this.refused = toRefusedFile(error, 'PROMPT_FILE_INVALID', file.name);
      return null;
    }
  }
}
