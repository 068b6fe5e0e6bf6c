import type { PromptPurpose } from '$contracts';

const purposes: Record<PromptPurpose, string> = {
  training: 'Training',
  quality: 'Quality',
  regression: 'Regression',
  safety: 'Safety',
};
const purposeHints: Record<PromptPurpose, string> = {
  training: 'What reinforcement learning answers to.',
  quality: 'How good a version’s answers are.',
  regression: 'What training must not take away.',
  safety: 'What has to be refused, and what must not be.',
};

export const prompts = {
  title: 'Prompts',
  lead: 'Named sets of prompts with the checks that their answers have to keep: for evaluations and reinforcement learning.',
  purposes,
  purposeHints,
  sets: 'Sets',
  none: 'There is no set yet.',
  open: (name: string) => `Open ${name}`,
  builtIn: 'came with Attune',
  /** Names and descriptions of the sets that come along, by what they are in English. */
  builtInWords: {} as Readonly<Record<string, string>>,
  prompts: (count: number, shown: string) => `${shown} ${count === 1 ? 'prompt' : 'prompts'}`,
  checks: (count: number, shown: string) => `${shown} ${count === 1 ? 'check' : 'checks'}`,
  make: 'New set',
  name: 'Name',
  purpose: 'Purpose',
  description: 'Description',
  create: 'Create',
  import: 'From a file',
  importHint:
    'JSONL, a prompt a line: {"prompt": "…" or messages, "checks": […]}. If any line is not in order, nothing is taken and each one is named.',
  file: 'File',
  importAction: 'Import',
  imported: (name: string, count: number, shown: string) =>
    `${name} has ${shown} ${count === 1 ? 'prompt' : 'prompts'} now.`,
  problems: (count: number, shown: string, file: string) =>
    `${shown} ${count === 1 ? 'line' : 'lines'} of ${file} cannot be used; nothing was taken:`,
  export: 'Export as JSONL',
  copy: 'Copy',
  copyName: (name: string) => `${name}, copy`,
  copied: (name: string) => `${name} is there.`,
  edit: 'Edit',
  editSet: 'Name and purpose',
  remove: 'Delete',
  removeSetConfirm: (name: string) => `Delete “${name}” and its prompts?`,
  removeConfirm: 'Delete this prompt?',
  inSet: 'Prompts',
  noPrompts: 'This set has no prompts yet.',
  add: 'Add a prompt',
  change: 'Change the prompt',
  roles: { system: 'System', user: 'User', assistant: 'Assistant' },
  role: 'Role',
  message: (at: number) => `Message ${at}`,
  addMessage: 'Add a message',
  removeMessage: (at: number) => `Remove message ${at}`,
  addCheck: 'Add a check',
  removeCheck: (at: number) => `Remove check ${at}`,
  noChecks: 'no checks',
  checksOf: 'Checks',
  number: (at: string) => `Prompt ${at}`,
};
