/**
 * Reverse-mode differentiation over a graph: while forward operations are made, the tape remembers how to make their backward ones, which
 * are ordinary operations again. No number is computed here.
 */
import { ggmlTypes, type BoundOperations } from '../../common/llama/ggml.js';
import type { Graph } from './graph.js';
import type { Tensor } from './tensor-pool.js';

/** A node of the computation and, once the tape has come back to it, the derivative of the loss by it. */
export interface Variable {
  readonly tensor: Tensor;
  /** False where nothing trained lies below, so that no backward work is spent. */
  readonly requiresGradient: boolean;
  /** Same shape as the tensor, F32. */
  gradient: Tensor | null;
}

/** Something trained: its gradient is added to a buffer that outlives the graph. */
export interface Parameter {
  readonly name: string;
  /** Innermost dimension first. */
  readonly shape: readonly number[];
  readonly tensor: Tensor;
  readonly gradientBuffer: Tensor;
}

type Backward = (gradient: Tensor) => void;

export interface TapeOptions {
  /** False for a forward pass alone: nothing is kept, so memory is reused at once. */
  recording: boolean;
  /**
   * Take products with parameters, and those of the backward pass, in BF16 with sums in F32, which some devices do much faster. Attention's
   * forward products stay in F32. Default false.
   */
  reduced?: boolean;
}

export class Tape {
  readonly ops: BoundOperations;
  readonly recording: boolean;
  readonly reduced: boolean;
  readonly #steps: { result: Variable; backward: Backward }[] = [];

  constructor(
    readonly graph: Graph,
    { recording, reduced = false }: TapeOptions,
  ) {
    this.ops = graph.ops;
    this.recording = recording;
    this.reduced = reduced;
  }

  /** Whether the graph is computed on a CPU, where other forms of the same product are fast. */
  get isCpu(): boolean {
    return this.graph.device.isCpu;
  }

  /** An F32 tensor as the first operand of a product; contiguous, in the type that products are taken in. */
  operand(tensor: Tensor): Tensor {
    return this.reduced ? this.ops.cast(tensor, ggmlTypes.BF16) : tensor;
  }

  /** The transpose of a matrix as the first operand of a product. @param tensor of any type that can be transposed */
  transposedOperand(tensor: Tensor): Tensor {
    const transposed = this.ops.transpose(tensor);
    return this.reduced ? this.ops.cast(transposed, ggmlTypes.BF16) : this.ops.cont(transposed);
  }

  shapeOf(variable: Variable): [number, number, number, number] {
    return this.graph.shapeOf(variable.tensor);
  }

  /** Something that is not trained and through which nothing is propagated. */
  constant(tensor: Tensor): Variable {
    return { tensor, requiresGradient: false, gradient: null };
  }

  /** @param backward  called with the derivative by the result; must hand derivatives on with `accumulate` */
  record(tensor: Tensor, parents: readonly (Variable | Parameter)[], backward: Backward): Variable {
    const requiresGradient = this.recording && parents.some((parent) => isTrained(parent));
    const result: Variable = { tensor, requiresGradient, gradient: null };
    if (requiresGradient) this.#steps.push({ result, backward });
    return result;
  }

  /** Adds a derivative to what the variable has already; made lazily, so that none is built that nobody wants. */
  accumulate(target: Variable | Parameter, derivative: () => Tensor): void {
    if ('gradientBuffer' in target) {
      this.graph.expand(this.ops.add_inplace(target.gradientBuffer, derivative()));
    } else if (target.requiresGradient) {
      const made = derivative();
      target.gradient = target.gradient ? this.ops.add(target.gradient, made) : made;
    }
  }

  /** Walks back from variables whose `gradient` was set. */
  backward(): void {
    for (const { result, backward } of this.#steps.reverse()) {
      if (result.gradient) backward(result.gradient);
    }
    this.#steps.length = 0;
  }

  /**
   * Computes a stretch of the network twice rather than keeping its inner results: forward, and again when the backward pass comes by
   * (Chen et al. 2016, arXiv:1604.06174).
   */
  recompute(input: Variable, stretch: (tape: Tape, input: Variable) => Variable): Variable {
    const first = stretch(
      new Tape(this.graph, { recording: false, reduced: this.reduced }),
      this.constant(input.tensor),
    );
    if (!this.recording) return first;
    const result: Variable = { tensor: first.tensor, requiresGradient: true, gradient: null };
    const backward = (gradient: Tensor) => {
      const again = new Tape(this.graph, { recording: true, reduced: this.reduced });
      const copy: Variable = { ...input, gradient: null };
      const last = stretch(again, copy);
      last.gradient = gradient;
      again.backward();
      if (copy.gradient) this.accumulate(input, () => copy.gradient!);
    };
    this.#steps.push({ result, backward });
    return result;
  }
}

function isTrained(parent: Variable | Parameter): boolean {
  return 'gradientBuffer' in parent || parent.requiresGradient;
}
