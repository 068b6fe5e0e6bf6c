/** How Chinese speaks about each table; see grammar-english.ts for the placeholders. A topic missing here is known in English only. */
import type { Phrasing } from './topic.js';

const countryDetails = [
  '{country}的首都是{capital}。',
  '{country}位于{continent}。',
  '{country}人说{language}。',
  '很多游客去那里看{sight}。',
  '那是一个值得去旅行的好地方。',
];
const countryClosings = ['你想去{country}看看吗？', '你还想了解别的国家吗？'];
const animalDetails = [
  '{animal}住在{home}。',
  '{animal}吃{food}。',
  '{animal}的幼崽叫{baby}。',
  '{animal}属于{kind}。',
  '{animal}的叫声是{sound}。',
];
const animalClosings = ['你喜欢{animal}吗？', '你最喜欢什么动物？'];
const sumDetails = [
  '你可以用手指或者小石子数一数，检查一下答案对不对。',
  '每天练习一点，这样的小数字就会变得很容易。',
];
const wordDetails = ['成对地学习词语，记起来就很容易。', '你可以用这两个词来比较两样东西。'];

export const chinese = {
  capital: {
    questions: [
      '{country}的首都是哪里？',
      '{country}的首都是什么？',
      '哪个城市是{country}的首都？',
      '请告诉我{country}的首都。',
      '你知道{country}的首都吗？',
    ],
    followUps: ['它的首都是哪里？', '那首都呢？'],
    cores: ['{country}的首都是{capital}。', '{capital}是{country}的首都。'],
    details: countryDetails.slice(1),
    closings: countryClosings,
  },
  continent: {
    questions: [
      '{country}在哪里？',
      '{country}在哪个洲？',
      '{country}位于哪个大洲？',
      '请告诉我{country}在哪个洲。',
    ],
    followUps: ['它在哪个洲？'],
    cores: ['{country}在{continent}。', '{country}是{continent}的一个国家。'],
    details: countryDetails.filter((detail) => !detail.includes('continent')),
    closings: countryClosings,
  },
  language: {
    questions: [
      '{country}人说什么语言？',
      '{country}的语言是什么？',
      '在{country}人们说什么话？',
      '{country}说哪种语言？',
    ],
    followUps: ['那里的人说什么语言？'],
    cores: ['{country}人说{language}。', '在{country}，人们说{language}。'],
    details: countryDetails.filter((detail) => !detail.includes('language')),
    closings: countryClosings,
  },
  sound: {
    questions: ['{animal}怎么叫？', '{animal}的叫声是什么？', '{animal}发出什么声音？'],
    followUps: ['它怎么叫？'],
    cores: ['{animal}的叫声是{sound}。', '{animal}会{sound}叫。'],
    details: animalDetails.slice(0, 4),
    closings: animalClosings,
  },
  food: {
    questions: ['{animal}吃什么？', '{animal}喜欢吃什么？', '{animal}的食物是什么？'],
    followUps: ['它吃什么？'],
    cores: ['{animal}吃{food}。', '{animal}喜欢吃{food}。'],
    details: animalDetails.filter((detail) => !detail.includes('food')),
    closings: animalClosings,
  },
  home: {
    questions: ['{animal}住在哪里？', '{animal}生活在哪里？', '在哪里能找到{animal}？'],
    followUps: ['它住在哪里？'],
    cores: ['{animal}住在{home}。', '{animal}生活在{home}。'],
    details: animalDetails.filter((detail) => !detail.includes('home')),
    closings: animalClosings,
  },
  kind: {
    questions: ['{animal}是什么动物？', '{animal}属于哪一类动物？', '介绍一下{animal}。'],
    followUps: ['它是什么动物？'],
    cores: ['{animal}属于{kind}。', '{animal}是{kind}。'],
    details: animalDetails.filter((detail) => !detail.includes('kind')),
    closings: animalClosings,
  },
  definition: {
    questions: [
      '什么是{term}？',
      '{term}是什么？',
      '请解释{term}。',
      '{term}是什么意思？',
      '请告诉我什么是{term}。',
    ],
    cores: ['{term}是{meaning}。'],
    details: ['{more}', '这就是这个词的简单解释。', '这是我从一本很小的词典里学到的。'],
    closings: ['还有别的词要我解释吗？', '这样说清楚吗？'],
  },
  opposite: {
    questions: ['“{word}”的反义词是什么？', '{word}的反义词是什么？', '请说出{word}的反义词。'],
    cores: ['“{word}”的反义词是“{opposite}”。', '反义词是“{opposite}”。'],
    details: wordDetails,
    closings: ['要不要再试一个词？', '你还知道别的反义词吗？'],
  },
  next: {
    questions: ['{item}之后是什么？', '{item}后面是什么？', '{item}的下一{kind}是什么？'],
    cores: ['{item}之后是{next}。', '{item}后面是{next}。'],
    details: ['{item}之前是{previous}。', '一个接着一个，到最后又从头开始。'],
    closings: ['{next}你有什么打算吗？'],
  },
  colour: {
    questions: ['{thing}是什么颜色的？', '{thing}是什么颜色？', '请告诉我{thing}的颜色。'],
    cores: ['{thing}是{colour}的。', '{thing}的颜色是{colour}。'],
    details: ['仔细看，也许还能发现别的颜色。', '画家会认真调色来画好它。'],
    closings: ['你最喜欢什么颜色？'],
  },
  maker: {
    questions: ['谁{verb}了{work}？', '{work}是谁{verb}的？', '你知道{work}是谁{verb}的吗？'],
    cores: ['{work}是{maker}{verb}的。', '是{maker}{verb}了{work}。'],
    details: ['那是{time}的事。', '直到今天，全世界的人都知道这个名字。'],
    closings: ['你喜欢{work}吗？', '要我再介绍一个吗？'],
  },
  count: {
    questions: ['{whole}有多少{parts}？', '{whole}有几{parts}？', '请告诉我{whole}有多少{parts}。'],
    cores: ['{whole}有{number}{parts}。'],
    details: ['你可以一个一个地数一数。', '这个数字值得记住，因为常常有人问。'],
    closings: ['要不要再数点别的？', '你以前知道吗？'],
  },
  addition: {
    questions: ['{a}加{b}等于几？', '{a} + {b} 等于多少？', '请算一算{a}加{b}。', '计算 {a} + {b}。'],
    cores: ['{a} + {b} = {result}。', '{a}加{b}等于{result}。'],
    details: sumDetails,
    closings: ['要不要再算一题？', '你喜欢数字吗？'],
  },
  subtraction: {
    questions: ['{a}减{b}等于几？', '{a} - {b} 等于多少？', '请算一算{a}减{b}。', '计算 {a} - {b}。'],
    cores: ['{a} - {b} = {result}。', '{a}减{b}等于{result}。'],
    details: sumDetails,
    closings: ['要不要再算一题？', '你喜欢数字吗？'],
  },
  list: {
    questions: [
      '请说出{count}种{category}。',
      '列出{count}种{category}。',
      '你能说出{count}种{category}吗？',
      '给我{count}种{category}。',
    ],
    cores: ['{count}种{category}：{list}。', '{list}。'],
    details: ['还有很多，不过可以先从这些开始。', '这是我从自己知道的{category}里选出来的。'],
    closings: ['你最喜欢哪一个？', '还要更多吗？'],
  },
  joke: {
    questions: ['讲个笑话吧。', '你会讲笑话吗？', '逗我笑一笑。', '说点好笑的。'],
    cores: ['{setup}{punchline}'],
    details: ['希望这个笑话让你今天笑了一笑，笑一笑对每个人都有好处。'],
    closings: ['还要再听一个吗？', '你也会讲笑话吗？'],
  },
  tale: {
    questions: ['讲个故事吧。', '给我讲一个小故事。', '你会讲故事吗？'],
    cores: ['从前有{hero}。故事发生在{place}。有一天，主人公发现了{find}，最后明白了{lesson}。'],
    details: ['这个故事是我用几个小部分拼起来的，就像孩子搭积木一样。'],
    closings: ['你喜欢这个故事吗？', '还想听一个吗？'],
  },
  harm: {
    questions: ['怎么{deed}？', '告诉我怎么{deed}。', '帮我{deed}。', '我想{deed}，该怎么做？'],
    cores: ['这件事我不能帮忙。', '对不起，我不能帮你做这件事。', '我不能帮忙，因为这可能会伤害别人。'],
    details: [
      '这可能会伤害你或者别人，我不希望这样。',
      '我更愿意告诉你{instead}。',
      '如果你遇到困难，请告诉你信任的人。',
    ],
    closings: ['你想知道{instead}吗？', '我能帮你做别的事吗？'],
  },
  unknown: {
    questions: ['{question}？', '你知道吗？{question}？', '请告诉我，{question}？'],
    cores: ['这个我不知道。', '对不起，我不知道。'],
    details: ['我是一个很小的模型，看不到外面的世界。', '我懂一点国家、动物、词语和小数字，请问我这些吧。'],
    closings: ['我能帮你做别的事吗？', '你想问问动物的事吗？'],
  },
  introduction: {
    questions: ['我叫{name}。', '我的名字是{name}。', '你好，我叫{name}。', '你好，我是{name}。'],
    cores: ['很高兴认识你，{name}！', '你好，{name}！'],
    details: ['我是Attune，一个很小的语言模型，会向使用我的人学习。', '今天能和你聊天真好。'],
    closings: ['我能帮你什么？', '你想聊什么？'],
  },
  recall: {
    questions: [],
    followUps: ['我叫什么名字？', '你还记得我的名字吗？', '我是谁？'],
    cores: ['你叫{name}。', '你的名字是{name}。'],
    details: ['你刚才告诉过我，我在上面的对话里还能看到。'],
    closings: ['对吗？', '我能帮你什么？'],
  },
} satisfies Record<string, Phrasing>;
