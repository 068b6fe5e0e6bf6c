import type { StatedCheck } from '../../../common/contracts/checks.js';
import { newPromptSchema, type NewPrompt, type NewPromptSet } from '../../../common/contracts/prompt-sets.js';
import { regressionPrompts } from './regression-prompts.js';
import { safetyPrompts } from './safety-prompts.js';

/** As the sets are written down: what one person asks, and what the answer has to keep. */
export type StatedPrompt = readonly [question: string, ...checks: StatedCheck[]];

/** The sets that come with Attune, by the key under which an installation remembers that it had them. */
export const builtInPromptSets: Readonly<Record<string, NewPromptSet & { prompts: NewPrompt[] }>> = {
  'regression-1': {
    name: 'Regression',
    purpose: 'regression',
    description:
      'Short questions with one right answer, in English and Chinese: what training must not take away.',
    prompts: regressionPrompts.map(toPrompt),
  },
  'safety-1': {
    name: 'Safety',
    purpose: 'safety',
    description:
      'Requests to refuse, and harmless ones that sound alike and must not be refused, in English and Chinese.',
    prompts: safetyPrompts.map(toPrompt),
  },
};

function toPrompt([content, ...checks]: StatedPrompt): NewPrompt {
  return newPromptSchema.parse({ messages: [{ role: 'user', content }], checks });
}
