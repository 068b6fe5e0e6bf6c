import { hash, type RowContent } from './data-row.js';

/** Counts rows that another one says the opposite of: the same pair the other way round, the same answer with the other thumb. */
export class Contradictions {
  /** By what is judged: how often each way. */
  private readonly judgements = new Map<string, Map<string, number>>();

  see({ kind, prompt, answers, desirable }: RowContent): void {
    if (kind !== 'kto' && (kind !== 'preference' || answers.length !== 2)) return;
    const said = answers.map((answer) => JSON.stringify(answer));
    const subject = hash(JSON.stringify([kind, prompt, said.toSorted()]));
    const judgement = kind === 'kto' ? String(desirable) : hash(said[0] ?? '');
    const counts = this.judgements.get(subject) ?? new Map<string, number>();
    this.judgements.set(subject, counts.set(judgement, (counts.get(judgement) ?? 0) + 1));
  }

  get count(): number {
    let rows = 0;
    for (const counts of this.judgements.values())
      if (counts.size > 1) for (const count of counts.values()) rows += count;
    return rows;
  }
}
