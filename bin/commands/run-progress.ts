/** A run's events as a person reads them: one line that is redrawn on a terminal, a line now and then elsewhere. */
import type { RunEvent, RunPlan } from '../../common/contracts/run-events.js';

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

const BAR_WIDTH = 24;
/** Elsewhere than on a terminal: about this many lines over a run. */
const LINES = 40;

const phaseNames = {
  reading: 'Reading the data',
  loading: 'Loading the model',
  reference: 'Asking the reference model',
  sampling: 'Sampling answers',
  scoring: 'Scoring answers',
  training: 'Training',
  evaluating: 'Evaluating',
  writing: 'Writing the results',
} as const;

/** What a metric line shows first, where the kind has it. */
const shown = [
  'loss',
  'reward',
  'objective/kl',
  'rewards/accuracies',
  'rewards/margins',
  'accuracy',
  'margin',
  'kl',
  'mean_token_accuracy',
];

export class RunProgress {
  private startedAt = 0;
  private stepsBefore = 0;

  constructor(private readonly out: NodeJS.WriteStream = process.stderr) {}

  show(event: RunEvent): void {
    const printers: { [T in RunEvent['type']]: (event: EventOf<T>) => void } = {
      phase: (phase) => this.phase(phase),
      planned: ({ plan }) => this.planned(plan),
      step: (step) => this.step(step),
      evaluated: ({ metrics, step }) => this.line(`step ${step}, held out: ${figures(metrics, 'eval_')}`),
      checkpoint: () => {},
      sampled: () => {},
      rollout: () => {},
      verdict: ({ verdict }) => this.line(`${verdict.severity}: ${verdict.message}`),
      finished: ({ steps, artefacts }) =>
        this.line(`Done: ${steps} steps. ${artefacts.map((artefact) => artefact.path).join(', ')}`),
      cancelled: ({ step, checkpoint }) =>
        this.line(`Cancelled after step ${step}${checkpoint ? '; go on with --resume' : ''}.`),
      failed: ({ error }) => this.line(`${error.message} (${error.code})`),
    };
    dispatch(printers, event);
  }

  private phase({ phase, done, total }: EventOf<'phase'>): void {
    const counted = done === undefined || total === undefined ? ' …' : `: ${done} of ${total}`;
    if (this.out.isTTY) this.redraw(`${phaseNames[phase]}${counted}`);
    else if (done === undefined) this.line(`${phaseNames[phase]} …`);
  }

  private planned(plan: RunPlan): void {
    const { train, heldOut } = plan;
    this.startedAt = performance.now();
    this.stepsBefore = plan.doneSteps;
    this.line(
      `${plan.modelName} (${plan.architecture}, ${short(plan.parameterCount)} weights) on ${plan.device}`,
    );
    this.line(
      `${short(plan.trainableParameterCount)} weights trained, ${(plan.memoryBytes / 1e9).toFixed(2)} GB planned; ` +
        `${train.examples} examples, ${heldOut?.examples ?? 0} held out, ${plan.totalSteps} steps`,
    );
    const cut = train.dropped + train.truncatedPrompts + train.truncatedAnswers;
    if (cut > 0) {
      this.line(
        `${train.dropped} examples left out, ${train.truncatedPrompts} prompts and ${train.truncatedAnswers} answers cut`,
      );
    }
    if (plan.doneSteps > 0) this.line(`Going on from step ${plan.doneSteps}`);
  }

  private step({ step, totalSteps, metrics }: EventOf<'step'>): void {
    const done = step - this.stepsBefore;
    const left = ((performance.now() - this.startedAt) / done) * (totalSteps - step);
    const filled = Math.round((step / totalSteps) * BAR_WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    const speed = `${Math.round(metrics['tokens_per_second'] ?? 0)} tokens/s`;
    const text = `${bar} ${step}/${totalSteps}  ${figures(metrics, '')}  ${speed}  ${duration(left)} left`;
    if (this.out.isTTY) this.redraw(text);
    else if (step === totalSteps || step % Math.max(1, Math.round(totalSteps / LINES)) === 0) this.line(text);
  }

  private redraw(text: string): void {
    this.out.write(`\r\u001b[K${text.slice(0, Math.max(20, this.out.columns - 1))}`);
  }

  private line(text: string): void {
    this.out.write(this.out.isTTY ? `\r\u001b[K${text}\n` : `${text}\n`);
  }
}

function dispatch<T extends RunEvent['type']>(
  printers: { [K in T]: (event: EventOf<K>) => void },
  event: EventOf<T>,
): void {
  printers[event.type as T](event);
}

function figures(metrics: Readonly<Record<string, number>>, prefix: string): string {
  return shown
    .flatMap((name) => {
      const value = metrics[prefix + name];
      return value === undefined ? [] : [`${name} ${value.toFixed(4)}`];
    })
    .slice(0, 4)
    .join('  ');
}

function short(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} B`;
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)} M` : `${Math.round(count / 1e3)} k`;
}

function duration(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  return minutes > 0 ? `${minutes} min` : `${Math.ceil(milliseconds / 1000)} s`;
}
