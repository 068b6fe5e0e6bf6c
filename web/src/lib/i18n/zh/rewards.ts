import type { Messages } from '../messages';

export const rewards: Messages['rewards'] = {
  names: { model: '奖励模型', judge: '评判', held_out: '留出的奖励模型' },
  title: '奖励',
  lead: '一个回答值多少：以下各项的加权和。',
  none: '请至少给出一个奖励。',
  type: '由什么给出',
  types: { model: '奖励模型', check: '检查', judge: '评判' },
  add: '添加奖励',
  remove: (at) => `移除奖励 ${at}`,
  number: (at) => `奖励 ${at}`,
  weight: '权重',
  weightHint: '在总和中的系数；负数使奖励变为代价。',
  model: '哪个模型',
  modelHint: '由奖励运行在同一基座上得到的版本。',
  noModels: '此基座还没有奖励模型；奖励运行会产生一个。',
  choose: '请选择…',
  judge: '由谁评判',
  judgeHint: '同一模型的一个版本，给出 0 到 1 的分数。',
  itself: '模型自身，即训练之前的样子',
  prompt: '评判依据',
  promptHint: '评判者会看到这段文字、问题和回答。',
};
