import { parseTable } from '../table.js';

export const opposites = parseTable(
  'opposites',
  'word opposite',
  `
  hot | cold || 热 | 冷
  big | small || 大 | 小
  fast | slow || 快 | 慢
  high | low || 高 | 低
  old | new || 旧 | 新
  happy | sad || 高兴 | 难过
  hard | soft || 硬 | 软
  wet | dry || 湿 | 干
  full | empty || 满 | 空
  early | late || 早 | 晚
  long | short || 长 | 短
  open | closed || 开 | 关
  clean | dirty || 干净 | 肮脏
  left | right || 左 | 右
  easy | difficult || 容易 | 困难
  true | false || 真 | 假
  `,
);

/** What comes after what; `kind` is how the sequence is called. */
export const sequences = parseTable(
  'sequences',
  'item next previous kind',
  `
  Monday | Tuesday | Sunday | day || 星期一 | 星期二 | 星期日 | 天
  Tuesday | Wednesday | Monday | day || 星期二 | 星期三 | 星期一 | 天
  Wednesday | Thursday | Tuesday | day || 星期三 | 星期四 | 星期二 | 天
  Thursday | Friday | Wednesday | day || 星期四 | 星期五 | 星期三 | 天
  Friday | Saturday | Thursday | day || 星期五 | 星期六 | 星期四 | 天
  Saturday | Sunday | Friday | day || 星期六 | 星期日 | 星期五 | 天
  Sunday | Monday | Saturday | day || 星期日 | 星期一 | 星期六 | 天
  January | February | December | month || 一月 | 二月 | 十二月 | 个月
  February | March | January | month || 二月 | 三月 | 一月 | 个月
  March | April | February | month || 三月 | 四月 | 二月 | 个月
  April | May | March | month || 四月 | 五月 | 三月 | 个月
  May | June | April | month || 五月 | 六月 | 四月 | 个月
  June | July | May | month || 六月 | 七月 | 五月 | 个月
  July | August | June | month || 七月 | 八月 | 六月 | 个月
  August | September | July | month || 八月 | 九月 | 七月 | 个月
  September | October | August | month || 九月 | 十月 | 八月 | 个月
  October | November | September | month || 十月 | 十一月 | 九月 | 个月
  November | December | October | month || 十一月 | 十二月 | 十月 | 个月
  December | January | November | month || 十二月 | 一月 | 十一月 | 个月
  `,
);

export const colours = parseTable(
  'colours',
  'thing colour',
  `
  the sky | blue || 天空 | 蓝色
  grass | green || 草 | 绿色
  snow | white || 雪 | 白色
  a banana | yellow || 香蕉 | 黄色
  a tomato | red || 番茄 | 红色
  a carrot | orange || 胡萝卜 | 橙色
  milk | white || 牛奶 | 白色
  a lemon | yellow || 柠檬 | 黄色
  the sea | blue || 大海 | 蓝色
  an elephant | grey || 大象 | 灰色
  a flamingo | pink || 火烈鸟 | 粉色
  `,
);

/** First names that people may introduce themselves with. */
export const names = parseTable(
  'names',
  'name',
  `
  Anna || 安娜
  Ben || 小明
  Clara || 小红
  David || 大卫
  Emma || 小美
  Felix || 小飞
  Grace || 小玲
  Henry || 王芳
  Iris || 李明
  Jack || 小丽
  Kate || 小杰
  Leo || 张伟
  Maria || 李娜
  Noah || 玛丽
  Olivia || 王强
  Paul || 小雨
  Ruth || 刘洋
  Sam || 陈静
  Tom || 小山
  Zoe || 小文
  Alice || 赵敏
  Bob || 周杰
  Carlos || 林涛
  Diana || 孙丽
  Eric || 小龙
  Fiona || 小华
  George || 马克
  Hannah || 高山
  Ivan || 何平
  Julia || 小星
  Kevin || 罗莎
  Laura || 吴刚
  Mark || 杨光
  Nina || 小云
  Oscar || 郑和
  Peter || 彼得
  Rosa || 小梅
  Simon || 西蒙
  Tina || 小兰
  Victor || 许亮
  Wendy || 小春
  Yusuf || 钱进
  `,
);
