import { checkKinds, type CheckKind } from '$contracts/checks';
import type { Reward } from '$contracts';
import { describeCheck } from '$lib/checks/check-words';
import type { I18n } from '$lib/i18n/i18n.svelte';

/** A reward by the name under which it is logged: its kind in words, and a number where there are several of one kind. */
export function describeReward(i18n: I18n, name: string): string {
  const [, kind = name, number] = /^(.*?)(?:_(\d+))?$/.exec(name) ?? [];
  const { names } = i18n.t.rewards;
  const word = isCheck(kind) ? i18n.t.checks.kinds[kind] : (names[kind] ?? kind);
  return number ? `${word} ${number}` : word;
}

/** What it asks for, in short. @param nameOf  a version's name, where it is still there */
export function tellReward(i18n: I18n, reward: Reward, nameOf: (versionId: string) => string | null): string {
  if (reward.type === 'check') return describeCheck(i18n.t.checks, reward.check);
  if (reward.type === 'model') return nameOf(reward.versionId) ?? i18n.t.rewards.gone;
  const judge = reward.versionId === null ? '' : (nameOf(reward.versionId) ?? i18n.t.rewards.gone);
  return judge === '' ? reward.prompt : judge + i18n.t.common.colon + reward.prompt;
}

const isCheck = (kind: string): kind is CheckKind => (checkKinds as readonly string[]).includes(kind);
