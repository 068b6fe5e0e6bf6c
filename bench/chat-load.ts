/** The same load for everyone who is measured. */
import type { Sampling } from '../common/contracts/sampling.js';
import { defaultSampling } from '../common/contracts/sampling.js';

/** One round: so many chats at once, each with a prompt of its own and an answer of at most so many tokens. */
export interface Load {
  round: number;
  chats: number;
  tokens: number;
}

export const usualTokens = 64;

export const toSampling = ({ tokens }: Load): Sampling => ({
  ...defaultSampling,
  temperature: 0.8,
  topK: 40,
  topP: 0.95,
  minP: 0,
  maxTokens: tokens,
});

const places = [
  'a harbour',
  'a mountain pass',
  'a library',
  'a night train',
  'an orchard',
  'a lighthouse',
  'a market',
  'a desert',
];
const people = [
  'a clockmaker',
  'two sisters',
  'a retired captain',
  'a young botanist',
  'a thief',
  'an old teacher',
];

/** What one chat is asked; no two of a run begin alike, so that no cache helps. */
export function makePrompt(round: number, chat: number): string {
  const seed = round * 31 + chat;
  const place = places[seed % places.length] ?? '';
  const person = people[seed % people.length] ?? '';
  return (
    `Story number ${seed * 7919}: tell a very long and detailed story, in many chapters, about ${person} who lives near ${place}. ` +
    'Describe the weather, the house, the neighbours, and a secret that nobody speaks of. Do not stop early, and do not summarise.'
  );
}

/** One chat's outcome, times in ms since all of them began. */
export interface ChatResult {
  firstTokenMs: number;
  endMs: number;
  tokens: number;
}

/** Something that chats. */
export interface Contender extends AsyncDisposable {
  name: string;
  run(load: Load): Promise<ChatResult[]>;
}
