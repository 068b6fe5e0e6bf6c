import { parseTable } from '../table.js';

/** Works, inventions and discoveries, who made them and when. */
export const makers = parseTable(
  'makers',
  'work verb maker time',
  `
  Hamlet | wrote | William Shakespeare | around 1600 || 《哈姆雷特》 | 写 | 莎士比亚 | 1600年前后
  War and Peace | wrote | Leo Tolstoy | around 1869 || 《战争与和平》 | 写 | 托尔斯泰 | 1869年前后
  Journey to the West | wrote | Wu Chengen | around 1590 || 《西游记》 | 写 | 吴承恩 | 1590年前后
  the Mona Lisa | painted | Leonardo da Vinci | around 1503 || 《蒙娜丽莎》 | 画 | 达芬奇 | 1503年前后
  Sunflowers | painted | Vincent van Gogh | in 1888 || 《向日葵》 | 画 | 梵高 | 1888年
  the Moonlight Sonata | composed | Beethoven | in 1801 || 《月光奏鸣曲》 | 创作 | 贝多芬 | 1801年
  the telephone | invented | Alexander Graham Bell | in 1876 || 电话 | 发明 | 贝尔 | 1876年
  the light bulb | invented | Thomas Edison | in 1879 || 电灯泡 | 发明 | 爱迪生 | 1879年
  the printing press | invented | Johannes Gutenberg | around 1440 || 印刷机 | 发明 | 古腾堡 | 1440年前后
  the World Wide Web | invented | Tim Berners-Lee | in 1989 || 万维网 | 发明 | 蒂姆·伯纳斯-李 | 1989年
  penicillin | discovered | Alexander Fleming | in 1928 || 青霉素 | 发现 | 弗莱明 | 1928年
  `,
);

/** How many of something there are; `parts` in the plural. */
export const counts = parseTable(
  'counts',
  'whole parts number',
  `
  a week | days | seven || 一个星期 | 天 | 七
  a year | months | twelve || 一年 | 个月 | 十二
  a day | hours | twenty-four || 一天 | 小时 | 二十四
  an hour | minutes | sixty || 一小时 | 分钟 | 六十
  a year | seasons | four || 一年 | 个季节 | 四
  a triangle | sides | three || 三角形 | 条边 | 三
  a car | wheels | four || 汽车 | 个轮子 | 四
  a bicycle | wheels | two || 自行车 | 个轮子 | 两
  one hand | fingers | five || 一只手 | 根手指 | 五
  a spider | legs | eight || 蜘蛛 | 条腿 | 八
  an octopus | arms | eight || 章鱼 | 条腕 | 八
  a violin | strings | four || 小提琴 | 根弦 | 四
  the world | continents | seven || 世界 | 个大洲 | 七
  the English alphabet | letters | twenty-six || 英语字母表 | 个字母 | 二十六
  our solar system | planets | eight || 太阳系 | 颗行星 | 八
  `,
);
