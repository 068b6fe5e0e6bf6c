/**
 * Bradley-Terry strengths by maximum likelihood: P(a beats b) = sigma(r_a - r_b [+ gamma x_ab]), a tie counting as half a win for each.
 *
 * Fitted by Newton's method on the concave log-likelihood, so that the result depends on the battles alone and never on their order. The
 * optional covariate x_ab (difference in length, say) gets a coefficient of its own: strengths then are those at equal covariate.
 *
 * Where a model only ever won, or two groups never met, no finite maximum exists; a weak normal prior then keeps the strengths finite, and
 * the fit says so.
 *
 * @source Bradley & Terry 1952; ties as in Chiang et al. 2024, arXiv:2403.04132; length control after Dubois et al. 2024, arXiv:2404.04475
 */

/** Battles between two players with the same covariate, counted. */
export interface Pairing {
  /** Index of one player. */
  a: number;
  /** Index of the other. */
  b: number;
  /** Wins of `a`, a tie counting 0.5; at most `battles`. */
  wins: number;
  battles: number;
  /** x_ab; positive in favour of `a`. Default 0. */
  covariate?: number;
}

export interface BradleyTerryFit {
  /** Natural log-strengths, [players], mean 0. */
  strengths: Float64Array;
  /** Coefficient of the covariate; 0 when no battle has one. */
  covariateEffect: number;
  /** True when a finite maximum does not exist and the prior decided how far apart the strengths are. */
  isRegularised: boolean;
}

export interface FitOptions {
  /** A fit of the same pairings with other weights, all above 0: where to begin. */
  from?: BradleyTerryFit;
  /** Longest last step, nats; what it leaves undone is about its square. */
  tolerance?: number;
}

const priorPrecision = 0.01;
const maxIterations = 100;

/** @param players  number of players; every index of `pairings` is below it */
export function fitBradleyTerry(
  pairings: readonly Pairing[],
  players: number,
  { from, tolerance = 1e-12 }: FitOptions = {},
): BradleyTerryFit {
  const hasCovariate = pairings.some(({ covariate }) => covariate);
  const isRegularised = from?.isRegularised ?? !isStronglyConnected(pairings, players);
  const size = players + (hasCovariate ? 1 : 0);
  let parameters = new Float64Array(size);
  if (from) parameters.set([...from.strengths, ...(hasCovariate ? [from.covariateEffect] : [])]);
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const { gradient, curvature } = differentiate(pairings, parameters, { players, isRegularised });
    const step = solve(curvature, gradient);
    const length = Math.max(...step.map(Math.abs));
    // A long step leaves the region in which the quadratic model holds.
    const scale = Math.min(1, 2 / length);
    parameters = parameters.map((value, index) => value + scale * (step[index] ?? 0));
    if (length < tolerance) break;
  }
  const strengths = parameters.slice(0, players);
  const mean = strengths.reduce((sum, value) => sum + value, 0) / players;
  return {
    strengths: strengths.map((value) => value - mean),
    covariateEffect: hasCovariate ? (parameters[players] ?? 0) : 0,
    isRegularised,
  };
}

interface Derivatives {
  gradient: Float64Array;
  /** Negative Hessian, row by row; symmetric, positive definite. */
  curvature: Float64Array[];
}

function differentiate(
  pairings: readonly Pairing[],
  parameters: Float64Array,
  { players, isRegularised }: { players: number; isRegularised: boolean },
): Derivatives {
  const size = parameters.length;
  const gradient = new Float64Array(size);
  const curvature = Array.from({ length: size }, () => new Float64Array(size));
  // Written out, since this runs for every pairing in every step of every bootstrap round.
  for (const { a, b, wins, battles, covariate = 0 } of pairings) {
    const effect = size > players ? (parameters[players] ?? 0) : 0;
    const margin = (parameters[a] ?? 0) - (parameters[b] ?? 0) + effect * covariate;
    const probability = 1 / (1 + Math.exp(-margin));
    const weight = battles * probability * (1 - probability);
    const residual = wins - battles * probability;
    const [rowA, rowB] = [curvature[a]!, curvature[b]!];
    gradient[a]! += residual;
    gradient[b]! -= residual;
    rowA[a]! += weight;
    rowB[b]! += weight;
    rowA[b]! -= weight;
    rowB[a]! -= weight;
    if (size === players) continue;
    const rowOfCovariate = curvature[players]!;
    gradient[players]! += residual * covariate;
    rowOfCovariate[players]! += weight * covariate * covariate;
    rowA[players]! += weight * covariate;
    rowOfCovariate[a]! += weight * covariate;
    rowB[players]! -= weight * covariate;
    rowOfCovariate[b]! -= weight * covariate;
  }
  addPrior({ gradient, curvature }, parameters, { players, precision: isRegularised ? priorPrecision : 0 });
  return { gradient, curvature };
}

/** The prior where one is needed, and the one direction that battles cannot tell: adding the same to every strength. */
function addPrior(
  { gradient, curvature }: Derivatives,
  parameters: Float64Array,
  { players, precision }: { players: number; precision: number },
): void {
  for (let row = 0; row < parameters.length; row++) {
    gradient[row]! -= precision * (parameters[row] ?? 0);
    curvature[row]![row]! += precision;
  }
  for (let row = 0; row < players; row++)
    for (let column = 0; column < players; column++) curvature[row]![column]! += 1 / players;
}

/** Solves `matrix x = vector` for a symmetric positive definite matrix, by Cholesky's decomposition. */
function solve(matrix: readonly Float64Array[], vector: Float64Array): Float64Array {
  const size = vector.length;
  const lower = matrix.map(() => new Float64Array(size));
  const result = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let rest = matrix[row]![column]!;
      for (let k = 0; k < column; k++) rest -= lower[row]![k]! * lower[column]![k]!;
      lower[row]![column] =
        row === column ? Math.sqrt(Math.max(rest, Number.EPSILON)) : rest / lower[column]![column]!;
    }
    let rest = vector[row]!;
    for (let k = 0; k < row; k++) rest -= lower[row]![k]! * result[k]!;
    result[row] = rest / lower[row]![row]!;
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let k = row + 1; k < size; k++) result[row]! -= lower[k]![row]! * result[k]!;
    result[row]! /= lower[row]![row]!;
  }
  return result;
}

/** The maximum is finite exactly when every player has beaten, over some chain, every other one. @source Ford 1957 */
function isStronglyConnected(pairings: readonly Pairing[], players: number): boolean {
  const beats = Array.from({ length: players }, () => new Set<number>());
  const losesTo = Array.from({ length: players }, () => new Set<number>());
  const record = (winner: number, loser: number) => {
    beats[winner]?.add(loser);
    losesTo[loser]?.add(winner);
  };
  for (const { a, b, wins, battles } of pairings) {
    if (wins > 0) record(a, b);
    if (wins < battles) record(b, a);
  }
  return reaches(beats, players) && reaches(losesTo, players);
}

function reaches(edges: readonly Set<number>[], players: number): boolean {
  const seen = new Set([0]);
  for (const player of seen) for (const next of edges[player] ?? []) seen.add(next);
  return seen.size === players;
}
