/** A rater with a taste that a program can check, an answer should end with a question, and what they ask Attune GPT. */
import type { Conversation } from '../../common/contracts/conversations.js';
import { expectStatus, type ApiClient } from './api-client.js';
import { ChatSocket } from './chat-socket.js';

export const likes = (answer: string) => /[?？]\s*$/u.test(answer.trim());

const capitals = [
  'France',
  'Japan',
  'Italy',
  'Spain',
  'Germany',
  'Egypt',
  'China',
  'Brazil',
  'Canada',
  'Norway',
];
const animals = ['cat', 'dog', 'cow', 'duck', 'horse', 'lion', 'owl', 'bee', 'frog', 'sheep'];
/** Asked by the rater. */
export const ratedQuestions = [
  ...capitals.slice(0, 7).map((country) => `What is the capital of ${country}?`),
  ...animals.slice(0, 7).map((animal) => `What does a ${animal} eat?`),
  ...animals.slice(0, 6).map((animal) => `Where does a ${animal} live?`),
];
/** Asked as well where enough different prompts are to be held out for the gate: each of them has one vote. */
export const furtherQuestions = [
  ...capitals.slice(0, 7).map((country) => `What language do people speak in ${country}?`),
  ...animals.slice(0, 7).map((animal) => `What sound does a ${animal} make?`),
  ...animals.slice(0, 6).map((animal) => `What is a young ${animal} called?`),
];
/** Asked before and after; none of them was rated. */
export const judgedQuestions = [
  ...capitals.slice(7).map((country) => `What is the capital of ${country}?`),
  ...animals.slice(7).map((animal) => `What does a ${animal} eat?`),
  'What is a river?',
  'What is the opposite of hot?',
  'Hello!',
  'What colour is the sky?',
];
/** What the rater adds to an answer that does not end as they like it. */
export const improvement = 'Would you like to know more?';
/** Of the rater's conversations. */
export const ratedParameters = { modelVersionId: null, sampling: { maxTokens: 64, temperature: 1 } };

/** Two answers to choose between, and one to rate and to improve, for each question; over the interface, without a page. */
export async function rateAnswers(client: ApiClient, questions: readonly string[]): Promise<void> {
  for (const question of questions) {
    await compareAnswers(client, question);
    await rateAnswer(client, question);
  }
}

async function begin(client: ApiClient, socket: ChatSocket): Promise<string> {
  const reply = await client.post('/api/conversations', { parameters: ratedParameters });
  const { id: conversationId } = expectStatus(reply, 201) as Conversation;
  const watch = await socket.request({ type: 'conversation.watch', conversationId });
  if (!watch.ok) throw new Error(watch.error.message);
  return conversationId;
}

async function compareAnswers(client: ApiClient, content: string): Promise<void> {
  using socket = await ChatSocket.open(client);
  const conversationId = await begin(client, socket);
  const { answer, compared } = await socket.ask({
    type: 'chat.compare',
    conversationId,
    parentId: null,
    content,
  });
  if (!compared) throw new Error('There is nothing to compare.');
  const ids = [answer.id, compared.right.id];
  for (const id of ids) await socket.waitForEnd(id, 60_000);
  const [left, right] = ids.map((id) => likes(socket.readText(id)));
  const outcome = left === right ? (left ? 'tie' : 'both_bad') : left ? 'left' : 'right';
  expectStatus(await client.post(`/api/comparisons/${compared.comparison.id}/vote`, { outcome }), 200);
}

async function rateAnswer(client: ApiClient, content: string): Promise<void> {
  using socket = await ChatSocket.open(client);
  const conversationId = await begin(client, socket);
  const { answer } = await socket.ask({ type: 'chat.send', conversationId, parentId: null, content });
  const { id, content: text } = await socket.waitForEnd(answer.id, 60_000);
  const value = likes(text) ? 'up' : 'down';
  expectStatus(await client.send('PUT', `/api/messages/${id}/thumb`, { value }), 200);
  if (value === 'down')
    expectStatus(await client.patch(`/api/messages/${id}`, { content: `${text} ${improvement}` }), 200);
}
