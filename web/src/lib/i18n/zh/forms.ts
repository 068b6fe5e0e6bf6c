import type { FormIssue } from '$lib/forms/schema-field';
import type { Messages } from '../messages';

/** What a schema refuses in words of its own, by the field; what it refuses of the whole, by those words. */
const refusals: Readonly<Record<string, string>> = {
  maxNewTokens: '没有给提示留出空间：最长回答必须短于最长对话。',
  pattern: '不是正则表达式。',
  'a length needs a lower or an upper bound': '请填写下限或上限。',
  'the lower bound lies above the upper': '下限高于上限。',
};
const types: Readonly<Record<string, string>> = {
  number: '请填写数字。',
  int: '请填写整数。',
  record: '请填写 JSON 对象。',
};
/** Of what is counted; numbers have none. */
const units: Readonly<Record<string, string>> = { string: '个字符', array: '项' };

function tell(issue: FormIssue): string | undefined {
  if (issue.code === 'custom') return refusals[issue.path.join('.')] ?? refusals[issue.message];
  if (issue.code === 'invalid_type') return types[issue.expected];
  if (issue.code === 'invalid_format') return '格式不正确。';
  if (issue.code === 'too_small') return tellLeast(issue);
  return issue.code === 'too_big' ? tellMost(issue) : undefined;
}

function tellLeast({ origin, minimum, inclusive }: Extract<FormIssue, { code: 'too_small' }>): string {
  const unit = units[origin];
  if (unit) return `至少需要 ${minimum} ${unit}。`;
  return inclusive ? `不能小于 ${minimum}。` : `必须大于 ${minimum}。`;
}

function tellMost({ origin, maximum, inclusive }: Extract<FormIssue, { code: 'too_big' }>): string {
  const unit = units[origin];
  if (unit) return `最多允许 ${maximum} ${unit}。`;
  return inclusive ? `不能大于 ${maximum}。` : `必须小于 ${maximum}。`;
}

export const forms: Messages['forms'] = {
  /** What is not known here stays in English. */
  issue: (issue) => tell(issue) ?? issue.message,
};
