/** Random numbers that a seed decides, the same on every machine. */

/** Uniform numbers in [0, 1). @source mulberry32, Tommy Ettinger, public domain */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One standard normal number. @source Box & Muller 1958 */
export function drawNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Up to this shape, adding exponential numbers is quicker than rejecting normal ones. */
const sumOfExponentials = 8;

/**
 * One number from the gamma distribution with scale 1.
 *
 * @param shape  1 or more
 * @source Marsaglia & Tsang 2000, doi:10.1145/358407.358414
 */
export function drawGamma(random: () => number, shape: number): number {
  if (Number.isInteger(shape) && shape <= sumOfExponentials) {
    let product = 1;
    for (let draw = 0; draw < shape; draw++) product *= 1 - random();
    return -Math.log(product);
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = drawNormal(random);
    const v = (1 + c * normal) ** 3;
    if (v > 0 && Math.log(1 - random()) < normal ** 2 / 2 + d * (1 - v + Math.log(v))) return d * v;
  }
}
