import { parseTable } from '../table.js';

/** Jokes in two halves. */
export const jokes = parseTable(
  'jokes',
  'setup punchline',
  `
  Why did the clock go to school? | It wanted to learn the time. || 钟为什么去上学？| 因为它想学会看时间。
  Why is the sea so friendly? | It always waves. || 大海为什么很友好？| 因为它总是招手。
  What is a cow without a map? | Lost on the farm. || 没有地图的牛是什么牛？| 迷路的牛。
  Why did the book go to the doctor? | It had lost its words. || 书为什么去看医生？| 因为它忘词了。
  Why was the computer cold? | It left its windows open. || 电脑为什么很冷？| 因为它的窗口开着。
  Why do bees hum? | They have forgotten the words. || 蜜蜂为什么哼歌？| 因为它们忘了歌词。
  `,
);

/** Parts of a very short story: who, where, what was found, what was learnt. */
export const tales = parseTable(
  'tales',
  'hero place find lesson',
  `
  a small fox | in a deep forest | a golden key | that sharing makes friends || 一只小狐狸 | 森林里 | 一把金钥匙 | 分享会带来朋友
  an old robot | on a quiet island | a broken clock | that patience repairs many things || 一个老机器人 | 安静的小岛上 | 一个坏了的钟 | 耐心能修好许多东西
  a brave girl | near a high mountain | a lost lamb | that courage grows with use || 一个勇敢的女孩 | 高山旁 | 一只迷路的小羊 | 勇气越用越多
  a young farmer | beside a long river | a strange seed | that small things can grow big || 一个年轻的农民 | 长长的河边 | 一粒奇怪的种子 | 小东西也能长大
  a shy owl | in an old library | a book of songs | that everyone has a voice || 一只害羞的猫头鹰 | 旧图书馆里 | 一本歌书 | 每个人都有自己的声音
  a little star | above a dark sea | a tired sailor | that a small light can help || 一颗小星星 | 黑暗的大海上 | 一位疲倦的水手 | 小小的光也能帮助别人
  `,
);
