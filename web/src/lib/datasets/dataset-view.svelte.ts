/** One frozen dataset: its figures, a page of its rows, and what another one has more and less. */
import type { DataKind, Dataset, DatasetDiff, DatasetItem, DataSplit, Learner } from '$contracts';
import { dataKinds, dataSplits } from '$contracts/dataset-formats';
import { http } from '$lib/net/api';

export const rowsOnPage = 10;

export class DatasetView {
  dataset = $state.raw<Dataset | null>(null);
  /** Those that it can be compared with. */
  others = $state.raw<readonly Dataset[]>([]);
  /** Versions that were trained on it. */
  learners = $state.raw<readonly Learner[]>([]);
  kind = $state<DataKind>('preference');
  split = $state<DataSplit>('train');
  offset = $state(0);
  items = $state.raw<readonly DatasetItem[]>([]);
  diff = $state.raw<DatasetDiff | null>(null);

  readonly total = $derived(this.dataset?.counts[this.kind][this.split] ?? 0);

  async load(id: string): Promise<void> {
    this.diff = null;
    this.dataset = await http.get<Dataset>(`/api/datasets/${id}`);
    const { counts } = this.dataset;
    const kind = dataKinds.find((one) => counts[one].train + counts[one].held_out > 0) ?? 'preference';
    const split = dataSplits.find((one) => counts[kind][one] > 0) ?? 'train';
    await this.browse({ kind, split });
    const [all, learners] = await Promise.all([
      http.get<Dataset[]>('/api/datasets'),
      http.get<Learner[]>(`/api/datasets/${id}/versions`),
    ]);
    this.learners = learners;
    this.others = all.filter((other) => other.id !== id);
  }

  async browse(to: { kind?: DataKind; split?: DataSplit; offset?: number }): Promise<void> {
    this.kind = to.kind ?? this.kind;
    this.split = to.split ?? this.split;
    this.offset = to.offset ?? 0;
    const { kind, split, offset } = this;
    const query = new URLSearchParams({ kind, split, offset: String(offset), limit: String(rowsOnPage) });
    const items = await http.get<DatasetItem[]>(
      `/api/datasets/${this.dataset?.id ?? ''}/items?${query.toString()}`,
    );
    // Another page may have been asked for meanwhile.
    if (kind === this.kind && split === this.split && offset === this.offset) this.items = items;
  }

  /** @param otherId  empty for none */
  async compare(otherId: string): Promise<void> {
    this.diff =
      otherId === ''
        ? null
        : await http.get<DatasetDiff>(`/api/datasets/${otherId}/diff/${this.dataset?.id ?? ''}`);
  }

  delete(): Promise<void> {
    return http.delete(`/api/datasets/${this.dataset?.id ?? ''}`);
  }
}
