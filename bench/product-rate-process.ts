/** Program: the machine's product rates with one build of llama.cpp's libraries; prints them as one line of JSON. */
import { z } from 'zod';
import { Device } from '../worker/engine/device.js';
import { productRate, type ProductRates } from './product-rate.js';

const { gpu, threads, libraries } = z
  .object({
    threads: z.int(),
    gpu: z.enum(['auto', 'cuda', 'vulkan', 'metal', 'off']),
    libraries: z.string().nullable(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));
const device = await Device.open({ gpu, threads, ...(libraries !== null && { libraries }) });
const rates: ProductRates = {
  F32: await productRate(device, 'F32'),
  BF16: await productRate(device, 'BF16'),
  device: device.name,
  isCpu: device.isCpu,
  threads,
};
console.log(JSON.stringify(rates));
