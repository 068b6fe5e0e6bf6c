/** One prompt set and a page of its prompts. */
import type { ChangePromptSet, NewPrompt, Prompt, PromptSet } from '$contracts';
import { http } from '$lib/net/api';
import { refresh } from '$lib/net/refresh';

export const promptsOnPage = 20;

export class PromptSetView {
  set = $state.raw<PromptSet | null>(null);
  prompts = $state.raw<readonly Prompt[]>([]);
  offset = $state(0);

  async load(id: string): Promise<void> {
    const set = await http.get<PromptSet>(`/api/prompt-sets/${id}`);
    this.offset = 0;
    this.prompts = await this.#read(set);
    this.set = set;
  }

  async browse(offset: number): Promise<void> {
    if (!this.set) return;
    this.offset = offset;
    this.prompts = await this.#read(this.set);
  }

  async change(changes: ChangePromptSet): Promise<void> {
    if (this.set) this.set = await http.patch<PromptSet>(`/api/prompt-sets/${this.set.id}`, changes);
  }

  async delete(): Promise<void> {
    if (this.set) await http.delete(`/api/prompt-sets/${this.set.id}`);
  }

  /** A new one goes to the end, and is shown there. @param id  of the prompt that it replaces; null for a new one */
  async save(id: string | null, prompt: NewPrompt): Promise<void> {
    if (!this.set) return;
    if (id) await http.put<Prompt>(`/api/prompts/${id}`, prompt);
    else await http.post<Prompt>(`/api/prompt-sets/${this.set.id}/prompts`, prompt);
    await refresh(this.#readAgain(id ? null : this.set.prompts));
  }

  async remove(id: string): Promise<void> {
    await http.delete(`/api/prompts/${id}`);
    await refresh(this.#readAgain(this.prompts.length === 1 ? this.offset - 1 : null));
  }

  /** @param shown  place of a prompt that should be on the page; null stays where one is */
  async #readAgain(shown: number | null): Promise<void> {
    if (!this.set) return;
    this.set = await http.get<PromptSet>(`/api/prompt-sets/${this.set.id}`);
    const at = Math.max(0, shown ?? this.offset);
    await this.browse(at - (at % promptsOnPage));
  }

  #read({ id }: PromptSet): Promise<Prompt[]> {
    return http.get<Prompt[]>(`/api/prompt-sets/${id}/prompts?limit=${promptsOnPage}&offset=${this.offset}`);
  }
}
