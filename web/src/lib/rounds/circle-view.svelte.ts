/** The circle of one model, brought up to date as long as it is looked at. */
import type { Circle, Round, RoundPlan } from '$contracts';
import { http } from '$lib/net/api';
import { Polling } from '$lib/net/polling';
import { refresh } from '$lib/net/refresh';

/** Steps end within seconds, so that is how often they are looked for. */
const lookAgainMs = { open: 1500, closed: 10_000 } as const;

export class CircleView {
  circle = $state.raw<Circle | null>(null);
  /** Of the round that was chosen in the history; null follows the newest. */
  #chosen = $state<string | null>(null);
  #modelId = '';
  readonly #polling = new Polling(
    () => this.#read(),
    () => (this.isOpen ? lookAgainMs.open : lookAgainMs.closed),
  );

  readonly newest = $derived<Round | null>(this.circle?.rounds[0] ?? null);
  readonly shown = $derived<Round | null>(
    this.circle?.rounds.find(({ id }) => id === this.#chosen) ?? this.newest,
  );
  readonly isOpen = $derived(this.newest !== null && this.newest.finishedAt === null);

  async open(modelId: string): Promise<void> {
    this.#modelId = modelId;
    this.#chosen = null;
    await this.#polling.now();
  }

  close(): void {
    this.#polling.stop();
  }

  choose({ id }: Round): void {
    this.#chosen = id === this.newest?.id ? null : id;
  }

  begin = () => this.#act(`/api/models/${this.#modelId}/rounds`);
  approve = ({ id }: Round) => this.#act(`/api/rounds/${id}/approve`);
  decline = ({ id }: Round) => this.#act(`/api/rounds/${id}/decline`);
  retry = ({ id }: Round) => this.#act(`/api/rounds/${id}/retry`);
  cancel = ({ id }: Round) => this.#act(`/api/rounds/${id}/cancel`);

  async savePlan(plan: RoundPlan): Promise<void> {
    await http.put<RoundPlan>(`/api/models/${this.#modelId}/round-plan`, plan);
    await refresh(this.#polling.now());
  }

  async #act(path: string): Promise<void> {
    await http.post<Round>(path);
    this.#chosen = null;
    await refresh(this.#polling.now());
  }

  async #read(): Promise<void> {
    const modelId = this.#modelId;
    const circle = await http.get<Circle>(`/api/models/${modelId}/circle`);
    // Another model was chosen meanwhile.
    if (modelId === this.#modelId) this.circle = circle;
  }
}
