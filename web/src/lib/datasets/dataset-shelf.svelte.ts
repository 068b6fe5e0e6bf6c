/** The frozen datasets, and files that become one. */
import type { Dataset, DatasetFormat } from '$contracts';
import { toRefusedFile, type RefusedFile } from '$lib/forms/refused-file';
import { http } from '$lib/net/api';
import { refresh } from '$lib/net/refresh';

export class DatasetShelf {
  items = $state.raw<readonly Dataset[]>([]);
  loaded = $state(false);
  refused = $state.raw<RefusedFile | null>(null);

  async load(): Promise<void> {
    this.items = await http.get<Dataset[]>('/api/datasets');
    this.loaded = true;
  }

  /** What is wrong with the file's lines is kept in `refused`; every other failure is thrown. */
  async upload(
    file: File,
    { name, format }: { name: string; format: DatasetFormat },
  ): Promise<Dataset | null> {
    this.refused = null;
    const query = new URLSearchParams({ name, format, fileName: file.name });
    try {
      const dataset = await http.post<Dataset>(`/api/datasets/upload?${query.toString()}`, file);
      await refresh(this.load());
      return dataset;
    } catch (error) {
      this.refused = toRefusedFile(error, 'DATASET_FILE_INVALID', file.name);
      return null;
    }
  }
}
