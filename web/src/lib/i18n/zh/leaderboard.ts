import type { Messages } from '../messages';

export const leaderboard: Messages['leaderboard'] = {
  title: '排行榜',
  lead: '依据聊天和 API 中的盲比较排列的模型版本。',
  battles: (_, shown) => `${shown} 次不同版本之间的比较`,
  lengthControl: '长度',
  asVoted: '按投票',
  atEqualLength: '同等长度',
  lengthHint: '人们往往偏好更长的回答；“同等长度”去除了这种偏好。',
  ratings: '评分',
  ratingsHint:
    'Bradley-Terry 最大似然估计，平局算半胜，平均为 1000；相差 400 分即胜率十比一。线段为 95 % 区间。',
  version: '版本',
  rating: '评分',
  interval: '95 % 区间',
  votes: '票数',
  from: (low, high) => `${low} 到 ${high}`,
  notEnough: '票数不足',
  notEnoughHint: (least) => `不足 ${least} 票的版本不参与排名。`,
  regularised: '有些版本从未相遇，或有一个从未输过：在票数更多之前，它们之间的差距只是估计。',
  wins: '胜负表',
  winsHint: '行中的版本在与列中的版本比较时获胜的比例，平局算半胜。',
  never: '未曾比较',
  none: '还没有两个版本之间的比较。比较会在聊天中提供，也可以在那里要求。',
};
