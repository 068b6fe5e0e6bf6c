/** What a bench is given, and what it gives back. */
export interface BenchContext {
  /** The GGUF to measure with. */
  modelPath: string;
  /** CPU threads of everyone who trains. */
  threads: number;
  /** A Python with PyTorch, transformers, peft, TRL and gguf to compare with; null leaves that out. */
  python: string | null;
  /** What is going on; not kept. */
  say(line: string): void;
}

export interface BenchTable {
  title: string;
  columns: readonly string[];
  /** Numbers are written as they are: round them first. */
  rows: readonly (readonly (string | number)[])[];
  /** What a reader has to know to judge the figures. */
  notes?: readonly string[];
}

export interface Bench {
  /** One line for the list. */
  summary: string;
  run(context: BenchContext): Promise<BenchTable[]>;
}
