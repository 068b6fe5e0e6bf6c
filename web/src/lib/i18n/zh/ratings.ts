import type { Messages } from '../messages';

export const ratings: Messages['ratings'] = {
  up: '好回答',
  down: '差回答',
  details: '说明理由',
  whyUp: '好在哪里？',
  whyDown: '哪里不对？',
  score: '评分，1 到 10',
  comment: '评语',
  undo: '撤回',
  pairs: (count) => `${count} 个偏好对`,
  labelled: (count) => `${count} 个带标签的回答`,
  demonstrations: (count) => `${count} 个示范`,
  inNextDataset: (parts) => `${parts.join('和')}，将进入下一个数据集`,
  noExample: '已记录；它本身不构成训练样本',
  notUsed: '已记录，不用于训练',
  changeInAccount: '在账户中更改',
  changeInConversation: '为此对话更改',
  leads: { edit: '你的版本：', pick: '你从这个回答继续：' },
};
