/** Program: one kind of training step in a process of its own; prints what it measured as one line of JSON. */
import { measureStep, trainingCases } from './training-case.js';
import { benchDevice } from './training-step.js';

const [kind = '', modelPath = ''] = process.argv.slice(2);
const found = trainingCases[kind];
if (!found) throw new TypeError(`There is no training case ${kind}`);
console.log(JSON.stringify(await measureStep(modelPath, found, benchDevice())));
