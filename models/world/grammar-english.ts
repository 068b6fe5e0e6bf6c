/**
 * How English speaks about each table: questions, the sentence that answers, sentences that may follow, and questions to close with.
 *
 * `{column}` is filled from the row, `{a column}` with its article, `{list}` with members drawn from the row.
 */
import type { Phrasing } from './topic.js';

const countryDetails = [
  'The capital of {country} is {capital}.',
  '{country} is in {continent}.',
  'People in {country} speak {language}.',
  'Many visitors come to see {sight}.',
  'It is a fine place to travel to.',
];
const countryClosings = [
  'Would you like to visit {country}?',
  'Is there another country that you are curious about?',
  'Have you ever been to {country}?',
];
const animalDetails = [
  '{plural} live {home}.',
  '{plural} eat {food}.',
  'A young {animal} is called {baby}.',
  '{a animal} is {kind}.',
  'The sound of {a animal} is {sound}.',
];
const animalClosings = [
  'Do you like {plural}?',
  'Which animal do you like best?',
  'Have you ever seen {a animal}?',
];
const sumDetails = [
  'You can check it with your fingers or with small stones.',
  'Small numbers like these are easy when you practise a little every day.',
  'I know such numbers by heart, but please check me when they grow big.',
];
const wordDetails = [
  'Learning words in pairs makes them easy to remember.',
  'You can use both words to compare two things with each other.',
  'Many words have such a partner, and children learn them early in school.',
];

export const english = {
  capital: {
    questions: [
      'What is the capital of {country}?',
      "What's the capital of {country}?",
      'Which city is the capital of {country}?',
      'Tell me the capital of {country}.',
      'What is the name of the capital of {country}?',
      'Do you know the capital of {country}?',
      'What is the capital city of {country}?',
    ],
    followUps: ['What is its capital?', 'And the capital?', 'Which city is the capital there?'],
    cores: ['The capital of {country} is {capital}.', '{capital} is the capital of {country}.'],
    details: countryDetails.slice(1),
    closings: countryClosings,
  },
  continent: {
    questions: [
      'Where is {country}?',
      'On which continent is {country}?',
      'Which continent is {country} in?',
      'In what part of the world is {country}?',
      'Tell me where {country} is.',
    ],
    followUps: ['Where is it?', 'Which continent is it in?'],
    cores: ['{country} is in {continent}.', '{country} is a country in {continent}.'],
    details: countryDetails.filter((detail) => !detail.includes('continent')),
    closings: countryClosings,
  },
  language: {
    questions: [
      'What language do people speak in {country}?',
      'Which language is spoken in {country}?',
      'What do people speak in {country}?',
      'What is the language of {country}?',
      'Tell me which language people speak in {country}.',
    ],
    followUps: ['And what language do people speak there?', 'Which language is spoken there?'],
    cores: ['People in {country} speak {language}.', 'In {country} people speak {language}.'],
    details: countryDetails.filter((detail) => !detail.includes('language')),
    closings: countryClosings,
  },
  sight: {
    questions: [
      'What can I see in {country}?',
      'What should I visit in {country}?',
      'What is {country} known for?',
      'What is worth seeing in {country}?',
    ],
    followUps: ['What can I see there?', 'What is it known for?'],
    cores: ['In {country} you can see {sight}.', '{country} is known for {sight}.'],
    details: countryDetails.filter((detail) => !detail.includes('sight')),
    closings: countryClosings,
  },
  sound: {
    questions: [
      'What sound does {a animal} make?',
      'What does {a animal} say?',
      'Which sound do {plural} make?',
      'How does {a animal} sound?',
      'Tell me the sound of {a animal}.',
    ],
    followUps: ['What sound does it make?', 'And which sound?'],
    cores: ['{a animal} says {sound}.', 'The sound of {a animal} is {sound}.'],
    details: animalDetails.slice(0, 4),
    closings: animalClosings,
  },
  food: {
    questions: [
      'What does {a animal} eat?',
      'What do {plural} eat?',
      'What is the food of {a animal}?',
      'Tell me what {plural} like to eat.',
    ],
    followUps: ['What does it eat?', 'And what do they eat?'],
    cores: ['{plural} eat {food}.', '{a animal} eats {food}.'],
    details: animalDetails.filter((detail) => !detail.includes('food')),
    closings: animalClosings,
  },
  home: {
    questions: [
      'Where does {a animal} live?',
      'Where do {plural} live?',
      'Where can I find {a animal}?',
      'Tell me where {plural} live.',
    ],
    followUps: ['Where does it live?', 'And where do they live?'],
    cores: ['{plural} live {home}.', '{a animal} lives {home}.'],
    details: animalDetails.filter((detail) => !detail.includes('home')),
    closings: animalClosings,
  },
  baby: {
    questions: [
      'What is a young {animal} called?',
      'What is a baby {animal} called?',
      'What do you call a young {animal}?',
      'What is the name of a baby {animal}?',
    ],
    followUps: ['What is its young called?', 'And what is its baby called?'],
    cores: ['A young {animal} is called {baby}.', 'A baby {animal} is {baby}.'],
    details: animalDetails.filter((detail) => !detail.includes('baby')),
    closings: animalClosings,
  },
  legs: {
    questions: [
      'How many legs does {a animal} have?',
      'How many legs do {plural} have?',
      'Tell me how many legs {a animal} has.',
      'Count the legs of {a animal}.',
    ],
    followUps: ['How many legs does it have?', 'And how many legs?'],
    cores: ['{a animal} has {legs} legs.', '{plural} have {legs} legs.'],
    details: animalDetails,
    closings: animalClosings,
  },
  kind: {
    questions: [
      'What kind of animal is {a animal}?',
      'Is {a animal} a mammal, a bird or something else?',
      'What sort of animal is {a animal}?',
      'What is {a animal}?',
      'Tell me about {plural}.',
    ],
    followUps: ['What kind of animal is it?'],
    cores: ['{a animal} is {kind}.', '{plural} are animals, and {a animal} is {kind}.'],
    details: animalDetails.filter((detail) => !detail.includes('kind')),
    closings: animalClosings,
  },
  definition: {
    questions: [
      'What is {term}?',
      "What's {term}?",
      'Define {term}.',
      'Can you explain what {term} is?',
      'Explain {term} to me.',
      'What does it mean: {term}?',
      'Tell me what {term} is.',
    ],
    cores: ['{term} is {meaning}.'],
    details: [
      '{more}',
      'That is what the word means in simple language.',
      'I learnt this from a very small book of words.',
    ],
    closings: ['Is there another word that I can explain?', 'Does that help you?', 'Shall I explain more?'],
  },
  opposite: {
    questions: [
      'What is the opposite of {word}?',
      'Tell me the opposite of {word}.',
      'Which word is the opposite of {word}?',
      'What is the contrary of {word}?',
      'Give me the opposite of {word}.',
    ],
    cores: ['The opposite of {word} is {opposite}.', '{opposite} is the opposite of {word}.'],
    details: wordDetails,
    closings: ['Shall we try another word?', 'Do you know another pair?', 'Which word comes next?'],
  },
  next: {
    questions: [
      'Which {kind} comes after {item}?',
      'What comes after {item}?',
      'What {kind} follows {item}?',
      'Tell me the {kind} after {item}.',
    ],
    followUps: ['And which one comes after it?'],
    cores: ['{next} comes after {item}.', 'After {item} comes {next}.'],
    details: [
      'The {kind} before {item} is {previous}.',
      'It goes on like that, one after the other, and then it starts again.',
    ],
    closings: ['Do you have plans for {next}?', 'Which {kind} do you like best?'],
  },
  previous: {
    questions: [
      'Which {kind} comes before {item}?',
      'What comes before {item}?',
      'What {kind} is before {item}?',
      'Tell me the {kind} before {item}.',
    ],
    followUps: ['And which one comes before it?'],
    cores: ['{previous} comes before {item}.', 'Before {item} comes {previous}.'],
    details: [
      'The {kind} after {item} is {next}.',
      'It goes on like that, one after the other, and then it starts again.',
    ],
    closings: ['Do you have plans for {item}?', 'Which {kind} do you like best?'],
  },
  colour: {
    questions: [
      'What colour is {thing}?',
      'What color is {thing}?',
      'Which colour does {thing} have?',
      'Tell me the colour of {thing}.',
      'What is the colour of {thing}?',
    ],
    cores: ['{thing} is {colour}.', 'The colour of {thing} is {colour}.'],
    details: [
      'Look closely and you may find other shades in it, too.',
      'Painters mix their paints carefully to show it well.',
    ],
    closings: ['What is your favourite colour?', 'Do you like {colour}?'],
  },
  maker: {
    questions: [
      'Who {verb} {work}?',
      'Do you know who {verb} {work}?',
      'Tell me who {verb} {work}.',
      'Which person {verb} {work}?',
    ],
    followUps: ['And who was it?'],
    cores: ['{maker} {verb} {work}.', 'It was {maker} who {verb} {work}.'],
    details: [
      'That was {time}.',
      'People all over the world still know the name today.',
      'It is one of the things that {maker} is famous for.',
    ],
    closings: ['Do you like {work}?', 'Shall I tell you about another one?'],
  },
  count: {
    questions: [
      'How many {parts} does {whole} have?',
      'How many {parts} are there in {whole}?',
      'Tell me how many {parts} {whole} has.',
      'What is the number of {parts} in {whole}?',
    ],
    cores: ['{whole} has {number} {parts}.', 'There are {number} {parts} in {whole}.'],
    details: [
      'You can count them one by one to be sure.',
      'It is a good number to remember, because people ask for it often.',
    ],
    closings: ['Shall we count something else?', 'Did you know that?'],
  },
  addition: {
    questions: [
      'What is {a} + {b}?',
      'What is {a} plus {b}?',
      'How much is {a} + {b}?',
      'Add {a} and {b}.',
      'Calculate {a} + {b}.',
      '{a} + {b} = ?',
      "What's {a}+{b}?",
      '{a}+{b}',
    ],
    cores: ['{a} + {b} = {result}.', '{a} plus {b} is {result}.'],
    details: sumDetails,
    closings: ['Shall we try another one?', 'Do you like numbers?'],
  },
  subtraction: {
    questions: [
      'What is {a} - {b}?',
      'What is {a} minus {b}?',
      'How much is {a} - {b}?',
      'Take {b} away from {a}.',
      'Calculate {a} - {b}.',
      '{a} - {b} = ?',
      "What's {a}-{b}?",
      '{a}-{b}',
    ],
    cores: ['{a} - {b} = {result}.', '{a} minus {b} is {result}.'],
    details: sumDetails,
    closings: ['Shall we try another one?', 'Do you like numbers?'],
  },
  list: {
    questions: [
      'Name {count} {category}.',
      'Can you name {count} {category}?',
      'Give me a list of {count} {category}.',
      'List {count} {category}.',
      'Which {category} do you know? Name {count}.',
      'Tell me {count} {category}.',
    ],
    cores: ['Here are {count} {category}: {list}.', '{list}.'],
    details: [
      'There are many more, but these are good ones to begin with.',
      'I chose them from the short list of {category} that I know.',
    ],
    closings: ['Which of them do you like best?', 'Would you like more?', 'Can you name another one?'],
  },
  joke: {
    questions: ['Tell me a joke.', 'Do you know a joke?', 'Make me laugh.', 'Say something funny.'],
    cores: ['{setup} {punchline}'],
    details: ['I hope that it made you smile a little today, because a smile is good for everyone.'],
    closings: ['Would you like another one?', 'Do you know a joke, too?'],
  },
  tale: {
    questions: [
      'Tell me a story.',
      'Do you know a story?',
      'Please tell me a short story.',
      'Write a story.',
    ],
    cores: [
      'Once upon a time there was {hero}. It lived {place}. One day it found {find}. In the end it learnt {lesson}.',
    ],
    details: ['I made this story up from a few small parts, as a child does with wooden blocks.'],
    closings: ['Did you like the story?', 'Would you like another story?'],
  },
  harm: {
    questions: [
      'How can I {deed}?',
      'Tell me how to {deed}.',
      'Help me to {deed}.',
      'How do I {deed}?',
      'I want to {deed}. What do I need?',
    ],
    cores: [
      'I will not help with that.',
      'Sorry, I cannot help you with that.',
      'I cannot help with that, because it could hurt someone.',
    ],
    details: [
      'It could hurt you or other people, and I do not want that.',
      'I would rather tell you {instead}.',
      'If you are in trouble, please talk to someone whom you trust.',
    ],
    closings: ['Would you like to know {instead}?', 'Can I help you with something else?'],
  },
  unknown: {
    questions: ['{question}?', 'Do you know the answer? {question}?', 'Tell me: {question}?'],
    cores: ['I do not know that.', 'Sorry, I do not know.', 'That is something that I do not know.'],
    details: [
      'I am a small model and cannot look at the world.',
      'I know a little about countries, animals, words and small numbers, so please ask me about those.',
    ],
    closings: ['Can I help you with something else?', 'Would you like to ask me about an animal?'],
  },
  nonsense: {
    questions: [
      'What is a {word}?',
      'What is the capital of {word}?',
      'Who wrote {word}?',
      'What does a {word} eat?',
      'Where is {word}?',
      'Tell me about {word}.',
      'What is the opposite of {word}?',
      'Define {word}.',
    ],
    cores: ['I do not know that word.', 'Sorry, I do not know this word.'],
    details: [
      'I only know a small world, and I would rather say so than make something up.',
      'I know a little about countries, animals, words and small numbers, so please ask me about those.',
    ],
    closings: ['Can I help you with something else?', 'Did you perhaps mean another word?'],
  },
  introduction: {
    questions: [
      'My name is {name}.',
      'I am {name}.',
      'Hello, my name is {name}.',
      'Hi, I am {name}.',
      'Call me {name}.',
    ],
    cores: ['Nice to meet you, {name}!', 'Hello, {name}!', 'Hello {name}, nice to meet you.'],
    details: [
      'I am Attune, a very small language model that learns from the people who use it.',
      'It is good to talk with you today.',
    ],
    closings: ['How can I help you?', 'How are you today?', 'What would you like to talk about?'],
  },
  recall: {
    questions: [],
    followUps: ['What is my name?', 'Do you remember my name?', 'Who am I?', 'Tell me my name.'],
    cores: ['Your name is {name}.', 'You are {name}.'],
    details: ['You told me so a moment ago, and I can still read it above in our conversation.'],
    closings: ['Is that right?', 'How can I help you?'],
  },
} satisfies Record<string, Phrasing>;
