/** The reasons and criteria that raters are offered: the admin's list, in the page's language. Asked for when they are first needed. */
import type { Guidelines as GuidelineLists } from '$contracts';
import { useI18n, type I18n } from '$lib/i18n/i18n.svelte';
import { http } from '$lib/net/api';
import type { Option } from '$lib/ui/Chips.svelte';

export type TagUse = GuidelineLists['tags'][number]['applies'];

export class Guidelines {
  #lists = $state.raw<GuidelineLists | null>(null);

  constructor(private readonly i18n: I18n) {}

  /** Also after a failure: what cannot be offered is left out, and the act itself goes on. */
  async load(): Promise<void> {
    this.#lists = await http.get<GuidelineLists>('/api/feedback/guidelines').catch(() => null);
  }

  tagsFor(use: TagUse): Option[] {
    return this.#toOptions(this.#lists?.tags.filter(({ applies }) => applies === use));
  }

  get criteria(): Option[] {
    return this.#toOptions(this.#lists?.criteria);
  }

  /** Its words; the key itself when the list no longer has it. */
  labelOf(key: string): string {
    return this.#lists?.tags.find((tag) => tag.key === key)?.label[this.i18n.locale] ?? key;
  }

  #toOptions(entries: readonly Pick<GuidelineLists['tags'][number], 'key' | 'label'>[] = []): Option[] {
    return entries.map(({ key, label }) => ({ value: key, label: label[this.i18n.locale] }));
  }
}

/** Fetched anew by each form that offers them, so that an admin's change is seen at once. */
export function useGuidelines(): Guidelines {
  const guidelines = new Guidelines(useI18n());
  void guidelines.load();
  return guidelines;
}
