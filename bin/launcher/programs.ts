/** The programs of Attune that the launcher keeps running, in the order in which they are started; they stop in the reverse one. */
export interface ProgramKind {
  /** Also names its log file. */
  name: string;
  /** For people. */
  title: string;
  /** Entry below the repository, without ending. */
  source: string;
  /** What a message needs. The others start once the server answers: until then they would take its processors. */
  answers: boolean;
}

export const programKinds: readonly ProgramKind[] = [
  { name: 'server', title: 'The server', source: 'server/main', answers: true },
  { name: 'inference', title: 'The inference worker', source: 'worker/inference/main', answers: true },
  { name: 'models', title: 'The model fetcher', source: 'worker/models/main', answers: false },
  { name: 'training', title: 'The training worker', source: 'worker/training/main', answers: false },
];
