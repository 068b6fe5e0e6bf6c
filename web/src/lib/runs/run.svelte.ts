/**
 * One training run as it goes on. What is shown is what the server has written down: steps come live and are added, everything else is read
 * again when an event says so, and after an outage the missing steps are fetched. So a reload, or a restart of anything, loses nothing.
 */
import { isOnline } from '$contracts/runs';
import type { RunDetail, RunEvent, RunPoint } from '$contracts';
import { http } from '$lib/net/api';
import type { RunSocketEvent, Socket } from '$lib/net/socket.svelte';
import { Rollouts } from './rollouts.svelte';

const settleMs = 200;

export class Run {
  detail = $state.raw<RunDetail | null>(null);
  points = $state.raw<readonly RunPoint[]>([]);
  readonly rollouts: Rollouts;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #frame: ReturnType<typeof setTimeout> | undefined;
  /** Steps that came since the last time they were shown: a small model takes hundreds a second. */
  #fresh: RunPoint[] = [];
  #unwatch: (() => void) | null = null;

  constructor(
    readonly id: string,
    private readonly socket: Socket,
  ) {
    this.rollouts = new Rollouts(id);
  }

  start(): void {
    this.#unwatch = this.socket.watchRun({
      runId: this.id,
      onevent: (event) => this.#take(event),
      onwatching: () => this.#loadSoon(),
    });
  }

  stop(): void {
    this.#unwatch?.();
    clearTimeout(this.#soon);
    clearTimeout(this.#frame);
  }

  async load(): Promise<void> {
    const [detail, { points }] = await Promise.all([
      http.get<RunDetail>(`/api/runs/${this.id}`),
      http.get<{ points: RunPoint[] }>(`/api/runs/${this.id}/points`),
    ]);
    this.detail = detail;
    this.#fresh = [];
    this.points = points;
    if (isOnline(detail.config)) await this.rollouts.load();
  }

  async act(action: 'cancel' | 'resume'): Promise<void> {
    this.detail = await http.post<RunDetail>(`/api/runs/${this.id}/${action}`);
  }

  /** @returns id of the new run */
  async retry(): Promise<string> {
    return (await http.post<RunDetail>(`/api/runs/${this.id}/retry`)).id;
  }

  async rename(name: string): Promise<void> {
    this.detail = await http.patch<RunDetail>(`/api/runs/${this.id}`, { name });
  }

  async delete(): Promise<void> {
    await http.delete(`/api/runs/${this.id}`);
  }

  #take(message: RunSocketEvent): void {
    if (message.type === 'run.changed' || !this.#takeStep(message.event)) this.#loadSoon();
  }

  /** @returns false when there is more to know than the event tells */
  #takeStep(event: RunEvent): boolean {
    if (event.type === 'phase' && event.done !== undefined) {
      const { type: _, ...phase } = event;
      if (this.detail) this.detail = { ...this.detail, phase };
      return true;
    }
    if (event.type === 'rollout') {
      this.rollouts.take(event);
      return true;
    }
    if (event.type !== 'step') return false;
    this.#fresh.push({ step: event.step, at: new Date().toISOString(), metrics: event.metrics });
    this.#frame ??= setTimeout(() => this.#showFresh(), settleMs);
    return true;
  }

  #showFresh(): void {
    this.#frame = undefined;
    const last = this.#fresh.at(-1);
    if (!last || !this.detail) return;
    const from = this.#fresh[0]?.step ?? 0;
    this.points = [...this.points.filter(({ step }) => step < from), ...this.#fresh];
    this.#fresh = [];
    const { metrics, totalSteps } = this.detail;
    this.detail = {
      ...this.detail,
      step: last.step,
      metrics: { ...metrics, ...last.metrics },
      phase: { phase: 'training', done: last.step, ...(totalSteps !== null && { total: totalSteps }) },
    };
  }

  #loadSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.load().catch(() => undefined), settleMs);
  }
}
