import { z } from 'zod';

/** How many seeds there are for answers, from 0 on: what comes next, the largest of 32 bits, means "draw one" to llama.cpp. */
export const seedCount = 0xffff_ffff;

/** How the next token is drawn; the one schema behind the composer's panel, the API and the inference worker. */
export const samplingSchema = z.strictObject({
  temperature: z.number().min(0).max(5).default(0.8).meta({ help: '0 always takes the likeliest token' }),
  topP: z
    .number()
    .gt(0)
    .max(1)
    .default(0.95)
    .meta({ help: 'smallest set of tokens that holds this probability' }),
  topK: z.int().min(0).max(1000).default(40).meta({ help: 'this many likeliest tokens; 0 for all' }),
  minP: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .meta({ help: 'drops tokens below this share of the likeliest' }),
  repeatPenalty: z
    .number()
    .min(0.5)
    .max(2)
    .default(1)
    .meta({ help: '1 is none; above, tokens just used are less likely' }),
  frequencyPenalty: z.number().min(-2).max(2).default(0),
  presencePenalty: z.number().min(-2).max(2).default(0),
  seed: z
    .int()
    .min(0)
    .max(seedCount - 1)
    .nullable()
    .default(null)
    .meta({ help: 'empty draws one and records it' }),
  maxTokens: z.int().min(1).max(131_072).default(1024).meta({ unit: 'tokens' }),
  stop: z.array(z.string().min(1).max(200)).max(8).default([]),
});

export type Sampling = z.infer<typeof samplingSchema>;
export const defaultSampling: Sampling = samplingSchema.parse({});
