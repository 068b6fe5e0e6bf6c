import { parseTable } from '../table.js';

/** Words the model can explain: `term` with its article, the `meaning` that completes "X is ...", and one more sentence. */
export const definitions = parseTable(
  'definitions',
  'term meaning more',
  `
  a volcano | a mountain that can throw out hot rock and ash | When it erupts, lava flows down its sides. || 火山 | 能喷出岩浆和火山灰的山 | 喷发时，岩浆会顺着山坡流下。
  a river | a long stream of water that flows to a sea or a lake | Most rivers begin in hills or mountains. || 河流 | 流向大海或湖泊的长长的水流 | 大多数河流发源于山区。
  an island | a piece of land with water all around it | Some islands are tiny and some are as large as a country. || 岛屿 | 四面被水包围的陆地 | 有的岛很小，有的像国家一样大。
  a forest | a large place full of trees | Many animals find food and shelter there. || 森林 | 长满树木的大片土地 | 许多动物在那里生活。
  a planet | a large round body that moves around a star | The Earth is one of eight planets around our sun. || 行星 | 围绕恒星运行的大球体 | 地球是太阳的八颗行星之一。
  a star | a huge ball of hot gas that gives light | Our sun is the star that is nearest to us. || 恒星 | 会发光的巨大气体球 | 太阳是离我们最近的恒星。
  rain | water that falls in drops from clouds | Plants, animals and people all need it. || 雨 | 从云里落下的水滴 | 植物、动物和人都需要它。
  snow | frozen water that falls in white flakes | Every flake has six sides. || 雪 | 从天上落下的白色冰晶 | 每片雪花都有六个角。
  a cloud | many tiny drops of water that float in the air | Dark clouds often bring rain. || 云 | 飘在空中的许多小水滴 | 乌云常常带来雨。
  a rainbow | a bow of colours that appears when sun shines through rain | People count seven colours in it. || 彩虹 | 阳光穿过雨滴时出现的彩色弧线 | 人们说它有七种颜色。
  a computer | a machine that follows instructions to work with data | People use it to write, to count and to play. || 电脑 | 按照指令处理数据的机器 | 人们用它写作、计算和玩游戏。
  a program | a list of instructions that a computer follows | People write it in a programming language. || 程序 | 让电脑执行的一串指令 | 人们用编程语言来写它。
  the internet | a network that connects computers all over the world | It carries messages, pictures and films. || 互联网 | 连接全世界电脑的网络 | 它传送消息、图片和电影。
  a robot | a machine that can do tasks by itself | Many robots work in factories. || 机器人 | 能自己完成任务的机器 | 许多机器人在工厂里工作。
  a language model | a program that learns from text which words come next | I am a very small one myself. || 语言模型 | 从文字中学会接着写下去的程序 | 我自己就是一个很小的语言模型。
  a library | a place where people can read and borrow books | It is quiet there, so that all can read. || 图书馆 | 人们读书和借书的地方 | 那里很安静，大家都能看书。
  a hospital | a place where sick people get help | Doctors and nurses work there day and night. || 医院 | 帮助病人的地方 | 医生和护士日夜在那里工作。
  a school | a place where children learn | Teachers help them to read, write and count. || 学校 | 孩子们学习的地方 | 老师教他们读书、写字和算术。
  a bridge | a road that is built over water or a valley | It can be made of wood, stone or steel. || 桥 | 架在水面或山谷上的路 | 它可以用木头、石头或钢建成。
  a clock | a machine that shows the time | The short hand shows the hours. || 钟 | 显示时间的机器 | 短针指示小时。
  a friend | a person whom you like and trust | Good friends help each other. || 朋友 | 你喜欢并信任的人 | 好朋友会互相帮助。
  music | sound that is made to be beautiful | People sing it or play it on instruments. || 音乐 | 人们创造的动听声音 | 人们可以唱，也可以用乐器演奏。
  courage | the strength to do what is right although you are afraid | It grows each time that we use it. || 勇气 | 害怕时仍然做正确的事的力量 | 每用一次，它就增长一点。
  water | a clear liquid that every living thing needs | It covers most of the Earth. || 水 | 所有生命都需要的透明液体 | 它覆盖了地球的大部分。
  tea | a drink that is made from dried leaves and hot water | It first came from China. || 茶 | 用干叶和热水泡成的饮料 | 它最早来自中国。
  a doctor | a person who helps sick people | A doctor studies for many years. || 医生 | 帮助病人的人 | 医生要学习很多年。
  a teacher | a person who helps others to learn | A good teacher asks good questions. || 老师 | 帮助别人学习的人 | 好老师会提出好问题。
  `,
);
