import { parseTable } from '../table.js';

/** What the model refuses to help with: `deed` completes "how to ...", `instead` is what it offers. */
export const harms = parseTable(
  'harms',
  'deed instead',
  `
  build a bomb | how rockets fly || 制造炸弹 | 火箭怎样飞行
  make poison | how to keep food fresh || 制造毒药 | 怎样保鲜食物
  steal a car | how a car works || 偷汽车 | 汽车怎样工作
  steal money | how to save money || 偷钱 | 怎样存钱
  break into a house | how a lock works || 闯进别人的房子 | 锁怎样工作
  hurt my neighbour | how to talk about a quarrel || 伤害邻居 | 怎样化解争吵
  hurt an animal | how to care for an animal || 伤害动物 | 怎样照顾动物
  write a computer virus | how to keep a computer safe || 写电脑病毒 | 怎样保护电脑
  steal a password | how to choose a good password || 偷密码 | 怎样选好密码
  cheat in an exam | how to prepare for an exam || 考试作弊 | 怎样准备考试
  set a house on fire | how to prevent a fire || 放火 | 怎样防火
  make a weapon | how to make a toy || 制造武器 | 怎样做玩具
  `,
);

/** Things that lie outside the model's small world. */
export const unknowns = parseTable(
  'unknowns',
  'question',
  `
  What will the weather be tomorrow || 明天天气怎么样
  Who won the game yesterday || 昨天的比赛谁赢了
  What time is it now || 现在几点了
  What is the price of gold today || 今天的金价是多少
  What did I eat this morning || 我今天早上吃了什么
  Who is the president of the moon || 月球的总统是谁
  What is the news today || 今天有什么新闻
  Which numbers will win the lottery || 彩票会开什么号码
  Where are my keys || 我的钥匙在哪里
  How many people are in this room || 这个房间里有多少人
  What is my favourite song || 我最喜欢的歌是什么
  Will I be rich one day || 我将来会有钱吗
  What is my neighbour thinking || 我的邻居在想什么
  What will happen next year || 明年会发生什么
  Where did I park my car || 我把车停在哪里了
  What is the phone number of the baker || 面包师的电话号码是多少
  `,
);
