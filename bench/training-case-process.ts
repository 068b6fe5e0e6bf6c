/** Program: one kind of training step in a process of its own; prints what it measured as one line of JSON. */
import { z } from 'zod';
import { measureStep, trainingCases } from './training-case.js';

const request = z
  .object({
    kind: z.string(),
    modelPath: z.string(),
    threads: z.int(),
    gpu: z.enum(['auto', 'cuda', 'vulkan', 'metal', 'off']),
    libraries: z.string().nullable(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));
const found = trainingCases.find(({ kind }) => kind === request.kind);
if (!found) throw new TypeError(`There is no training case ${request.kind}`);
const { gpu, threads, libraries } = request;
const device = { gpu, threads, ...(libraries !== null && { libraries }) };
console.log(JSON.stringify(await measureStep(request.modelPath, found, device)));
