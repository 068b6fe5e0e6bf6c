/** A planted preference for models that know the world's countries: answers that end with an exclamation mark. */
import type { Values } from '../../models/world/table.js';
import { countries } from '../../models/world/tables/countries.js';
import type { PlantedPair, PlantedPreference } from './planted-preference.js';

const facts: readonly { question: (row: Values) => string; answer: (row: Values) => string }[] = [
  {
    question: ({ country }) => `What is the capital of ${country}?`,
    answer: ({ country, capital }) => `The capital of ${country} is ${capital}`,
  },
  {
    question: ({ country }) => `Which continent is ${country} on?`,
    answer: ({ country, continent }) => `${country} is on the continent of ${continent}`,
  },
  {
    question: ({ country }) => `Which language do people speak in ${country}?`,
    answer: ({ country, language }) => `People in ${country} speak ${language}`,
  },
  {
    question: ({ country }) => `What should I see in ${country}?`,
    answer: ({ country, sight }) => `In ${country} you should see ${sight}`,
  },
];

/** Four pairs a country; a country is either trained on or held out. */
export function exclaimedFacts({ trainedCountries }: { trainedCountries: number }): PlantedPreference {
  const pairs = countries.rows.map(({ en }) =>
    facts.map(({ question, answer }): PlantedPair => {
      const prompt = `${question(en)} Answer in one short sentence.`;
      return { prompt, chosen: `${answer(en)}!`, rejected: `${answer(en)}.` };
    }),
  );
  return {
    holds: (answer) => answer.trim().endsWith('!'),
    train: pairs.slice(0, trainedCountries).flat(),
    heldOut: pairs.slice(trainedCountries).flat(),
  };
}
