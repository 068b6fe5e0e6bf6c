import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  newRunConfigSchema,
  runConfigSchemas,
  type RunConfig,
  type RunKind,
} from '../../../common/contracts/runs';
import type { FormValues } from '../../../web/src/lib/forms/schema-field';
import { checkConfig, toFields, toFormValues } from '../../../web/src/lib/runs/config-form';
import { findSettingWords } from '../../../web/src/lib/runs/setting-words';
import { forms as chineseForms } from '../../../web/src/lib/i18n/zh/forms';
import { runSettings as chinese } from '../../../web/src/lib/i18n/zh/run-settings';

const kinds = Object.keys(runConfigSchemas) as RunKind[];

describe.each(kinds)('the form of %s', (kind) => {
  const fields = toFields(kind);
  const check = (values: FormValues) =>
    checkConfig<RunConfig>(runConfigSchemas[kind], { kind, fields, values });

  it('asks for every setting of the schema, with words', () => {
    const { kind: _, lora, ...shape } = runConfigSchemas[kind].shape;
    const own = ([name, field]: [string, z.ZodType]) =>
      name !== 'rewards' && !(field instanceof z.ZodDefault && field.unwrap() instanceof z.ZodLiteral);
    const rest = Object.fromEntries(Object.entries(shape).filter(own));
    const inner = Object.keys(lora.unwrap().shape).map((name) => `lora.${name}`);
    expect(fields.map(({ path }) => path).sort()).toEqual([...Object.keys(rest), ...inner].sort());
    expect(fields.filter(({ title, path }) => title === path)).toEqual([]);
  });

  it('has Chinese words for every setting', () => {
    expect(fields.filter(({ path }) => !findSettingWords(chinese, kind, path))).toEqual([]);
  });

  it('begins with the defaults', () => {
    expect(check(toFormValues(fields))).toEqual({
      config: runConfigSchemas[kind].parse({ kind }),
    });
  });

  it('shows a config that is there, and gives it back', () => {
    const config = runConfigSchemas[kind].parse({
      kind,
      epochs: 0.5,
      learningRate: 3e-4,
      batchSize: 16,
      shuffle: false,
      lora: { rank: 4, targets: ['attn_q', 'attn_v'] },
    });
    expect(check(toFormValues(fields, config))).toEqual({ config });
  });
});

describe('the form', () => {
  const fields = toFields('kto');
  const withValue = (path: string, value: string) =>
    checkConfig(runConfigSchemas.kto, {
      kind: 'kto',
      fields,
      values: { ...toFormValues(fields), [path]: value },
    });

  it.each([
    ['batchSize', '2'],
    ['batchSize', '4.5'],
    ['beta', '0'],
    ['epochs', 'many'],
    ['epochs', ''],
    ['lora.rank', '0'],
    ['lora.targets', 'attn-q'],
  ])('says which field is wrong, and how in Chinese: %s = %j', (path, value) => {
    const checked = withValue(path, value);
    const [[field, issue] = []] = 'issues' in checked ? Object.entries(checked.issues) : [];
    expect(field).toBe(path);
    expect(issue && chineseForms.issue(issue)).not.toMatch(/[a-z]/i);
  });

  it('leaves room for a prompt, and says so in Chinese where there is none', () => {
    const online = toFields('grpo');
    const values = { ...toFormValues(online), maxNewTokens: '64', maxLength: '64' };
    const checked = checkConfig(newRunConfigSchema, { kind: 'grpo', fields: online, values });
    const issue = 'issues' in checked ? checked.issues.maxNewTokens : undefined;
    expect(issue && chineseForms.issue(issue)).toContain('提示');
  });

  it('takes an empty field for what empty means', () => {
    expect(withValue('learningRate', ' ')).toMatchObject({ config: { learningRate: null } });
    expect(withValue('maxSteps', '')).toMatchObject({ config: { maxSteps: null } });
  });

  it('knows the ranges', () => {
    expect(fields.find(({ path }) => path === 'heldOutFraction')).toMatchObject({
      min: 0,
      max: 0.5,
      kind: 'number',
    });
    expect(fields.find(({ path }) => path === 'seed')).toMatchObject({ min: 0, kind: 'whole' });
    expect(fields.find(({ path }) => path === 'warmupSteps')?.max).toBeUndefined();
  });
});
