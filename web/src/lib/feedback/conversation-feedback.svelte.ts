/**
 * What the person has said of the answers of the conversation that is open, as far as it counts now. The server derives it; this keeps a
 * copy to show, and replaces it act by act with what the server answered.
 */
import { createContext } from 'svelte';
import type {
  Comparison,
  FeedbackEvent,
  FeedbackKind,
  FeedbackPayload,
  Reveal,
  Vote,
  VoteResult,
} from '$contracts';
import { version } from '$app/environment';
import type { Conversation } from '$lib/chat/conversation.svelte';
import { http } from '$lib/net/api';
import { JudgingClock } from './judging-clock';

/** An act whose payload is known to be of its kind. */
export type Said<Kind extends FeedbackPayload['kind']> = FeedbackEvent & {
  payload: Extract<FeedbackPayload, { kind: Kind }>;
};
export type ThumbValue = 'up' | 'down';
export interface ThumbDetails {
  tags: string[];
  score: number | null;
  comment: string;
}

/** A vote, without how it came about. */
export type VoteWords = Omit<Vote, 'durationMs' | 'clientVersion'>;

const noDetails: ThumbDetails = { tags: [], score: null, comment: '' };

export class ConversationFeedback {
  /** Answer whose thumb has just been given, and may be given reasons. */
  detailsOf = $state<string | null>(null);
  #events = $state.raw<readonly FeedbackEvent[]>([]);
  readonly #clock = new JudgingClock();

  constructor(private readonly conversation: Conversation) {}

  async load(): Promise<void> {
    this.#events = await http.get<FeedbackEvent[]>(`/api/conversations/${this.conversation.id}/feedback`);
  }

  /** The conversation keeps its data out of training, whatever the account allows. */
  get isKeptOut(): boolean {
    return this.conversation.row?.trainingConsent === false;
  }

  thumbOf(answerId: string): Said<'thumb'> | null {
    return this.#find('thumb', (event) => event.subjectId === answerId);
  }

  editThatMade(answerId: string): Said<'edit'> | null {
    return this.#find('edit', (event) => event.subjectId === answerId);
  }

  /** The choice that was made by going on from this answer. */
  pickOf(answerId: string): Said<'pick'> | null {
    return this.#find('pick', (event) => event.payload.chosenId === answerId);
  }

  /** The answer is there to be read: how long it takes to judge it is counted from now. */
  see(subjectId: string): void {
    this.#clock.see(subjectId);
  }

  /** How the act came about, for its record. */
  circumstances(subjectId: string): { durationMs: number | null; clientVersion: string } {
    return { durationMs: this.#clock.measure(subjectId), clientVersion: version.slice(0, 40) };
  }

  /** The same thumb once more takes it back; the other one leaves nothing of it. */
  async toggleThumb(answerId: string, value: ThumbValue): Promise<void> {
    if (this.thumbOf(answerId)?.payload.value === value) return this.takeBackThumb(answerId);
    await this.#giveThumb(answerId, value, noDetails);
    this.detailsOf = answerId;
  }

  /** Says why, of the thumb that is there. */
  async explainThumb(answerId: string, details: ThumbDetails): Promise<void> {
    const value = this.thumbOf(answerId)?.payload.value;
    if (value) await this.#giveThumb(answerId, value, details);
    if (this.detailsOf === answerId) this.detailsOf = null;
  }

  async takeBackThumb(answerId: string): Promise<void> {
    await this.#giveThumb(answerId, null, noDetails);
    if (this.detailsOf === answerId) this.detailsOf = null;
  }

  voteOf({ id }: Comparison): Said<'comparison'> | null {
    return this.#find('comparison', (event) => event.subjectId === id);
  }

  /** Says which is better; from then on both have names, and the conversation goes on from the chosen one. */
  async vote({ id, leftId, rightId }: Comparison, said: VoteWords): Promise<void> {
    const body = { ...said, ...this.circumstances(id) };
    const { event, ...reveal } = await http.post<VoteResult>(`/api/comparisons/${id}/vote`, body);
    const chosen = { left: leftId, right: rightId, tie: null, both_bad: null };
    this.put(event);
    this.conversation.reveal(reveal, chosen[said.outcome]);
  }

  /** Ends the comparison without having chosen. */
  async skip({ id }: Comparison): Promise<void> {
    this.conversation.reveal(await http.post<Reveal>(`/api/comparisons/${id}/skip`), null);
  }

  /** Takes back any act, whatever its kind. */
  async withdraw(event: FeedbackEvent): Promise<void> {
    this.put(await http.delete<FeedbackEvent>(`/api/me/feedback/${event.id}`));
  }

  /** Takes the server's word on what counts now about a subject, after an act. */
  put(event: FeedbackEvent): void {
    this.#clock.restart();
    const others = this.#events.filter(
      ({ kind, subjectId }) => kind !== event.kind || subjectId !== event.subjectId,
    );
    this.#events = event.payload.kind === 'withdrawn' ? others : [...others, event];
  }

  async #giveThumb(answerId: string, value: ThumbValue | null, details: ThumbDetails): Promise<void> {
    const body = { value, ...details, ...this.circumstances(answerId) };
    this.put(await http.put<FeedbackEvent>(`/api/messages/${answerId}/thumb`, body));
  }

  #find<Kind extends FeedbackKind>(kind: Kind, isIt: (event: Said<Kind>) => boolean): Said<Kind> | null {
    const ofKind = (event: FeedbackEvent): event is Said<Kind> => event.payload.kind === kind;
    return this.#events.filter(ofKind).find(isIt) ?? null;
  }
}

export const [useFeedback, provideFeedback] = createContext<ConversationFeedback>();
