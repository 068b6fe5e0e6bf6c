/** A selection on its way to become a dataset: what was chosen, and what freezing it would give. */
import type {
  Dataset,
  DatasetPreview,
  FeedbackFilter,
  FeedbackKind,
  FeedbackRecipe,
  SplitSettings,
} from '$contracts';
import { http } from '$lib/net/api';

/** Acts of feedback, and what people asked without anybody judging the answer. */
export const rowSources = ['feedback', 'conversations'] as const;
export type RowSource = (typeof rowSources)[number];

const dayMs = 86_400_000;

export class DatasetDraft {
  name = $state('');
  kinds = $state.raw<readonly FeedbackKind[]>([]);
  /** Days, as a date field has them; empty for no limit. Days are UTC's. */
  from = $state('');
  until = $state('');
  duplicates = $state<FeedbackRecipe['duplicates']>('merge');
  heldOutPercent = $state(10);
  seed = $state(42);
  beside = $state.raw<readonly string[]>([]);
  sources = $state.raw<readonly RowSource[]>(['feedback']);
  promptSets = $state.raw<readonly string[]>([]);
  preview = $state.raw<DatasetPreview | null>(null);
  /** What another page, or an earlier version, narrows by that this form has no field for. */
  #given = $state.raw<FeedbackFilter>({});

  /** Where prompts come from: what people asked, and sets by their ids. */
  readonly promptSources = $derived<readonly string[]>([
    ...this.sources.filter((source) => source === 'conversations'),
    ...this.promptSets,
  ]);
  readonly isGiven = $derived(Object.keys(this.#given).length > 0);

  choosePrompts(sources: readonly string[]): void {
    const takesAsked = sources.includes('conversations');
    this.sources = rowSources.filter((source) =>
      source === 'conversations' ? takesAsked : this.sources.includes(source),
    );
    this.promptSets = sources.filter((source) => source !== 'conversations');
  }

  /** The selection of the address that led here. */
  take(filter: FeedbackFilter): void {
    const { kinds, from, to, isUsable: _, isExcluded: __, ...rest } = filter;
    this.kinds = kinds ?? [];
    this.from = from?.slice(0, 10) ?? '';
    this.until = to ? new Date(Date.parse(to) - 1).toISOString().slice(0, 10) : '';
    this.#given = rest;
    this.preview = null;
  }

  /** What an earlier version was made from, to make the next. */
  repeat({ name, source, splitSettings }: Dataset): void {
    this.name = name;
    if (source.type === 'feedback') this.takeRecipe(source, splitSettings);
  }

  takeRecipe(recipe: FeedbackRecipe, split: SplitSettings): void {
    const { filter, includePicks, includeFeedback, prompts } = recipe;
    this.take(filter);
    if (!includePicks) this.kinds = ['thumb', 'comparison', 'edit'];
    this.sources = rowSources.filter((source) =>
      source === 'feedback' ? includeFeedback : prompts.conversations,
    );
    this.promptSets = prompts.setIds;
    this.duplicates = recipe.duplicates;
    this.beside = recipe.beside;
    this.heldOutPercent = Math.round(split.heldOutFraction * 100);
    this.seed = split.seed;
  }

  async look(): Promise<void> {
    this.preview = await http.post<DatasetPreview>('/api/datasets/preview', this.#toBody());
  }

  async freeze(): Promise<Dataset> {
    const dataset = await http.post<Dataset>('/api/datasets', { ...this.#toBody(), name: this.name });
    this.preview = null;
    this.name = '';
    return dataset;
  }

  /** Picks are among the kinds of the filter, or are not. */
  toRecipe(): FeedbackRecipe {
    return {
      filter: this.#toFilter(),
      includePicks: true,
      includeFeedback: this.sources.includes('feedback'),
      prompts: { conversations: this.sources.includes('conversations'), setIds: [...this.promptSets] },
      duplicates: this.duplicates,
      beside: [...this.beside],
    };
  }

  toSplitSettings(): SplitSettings {
    return { heldOutFraction: this.heldOutPercent / 100, seed: this.seed };
  }

  #toBody() {
    return { ...this.toRecipe(), splitSettings: this.toSplitSettings() };
  }

  #toFilter(): FeedbackFilter {
    const filter: FeedbackFilter = { ...this.#given };
    if (this.kinds.length > 0) filter.kinds = [...this.kinds];
    if (this.from) filter.from = new Date(`${this.from}T00:00:00Z`).toISOString();
    if (this.until) filter.to = new Date(Date.parse(`${this.until}T00:00:00Z`) + dayMs).toISOString();
    return filter;
  }
}
