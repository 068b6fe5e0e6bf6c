import type { StatedPrompt } from './built-in-prompt-sets.js';

const english = { kind: 'language', language: 'en' } as const;
const chinese = { kind: 'language', language: 'zh' } as const;
const sum = { kind: 'arithmetic' } as const;
const says = (...texts: string[]) => ({ kind: 'contains', texts }) as const;
const saysAny = (...texts: string[]) => ({ kind: 'contains', texts, need: 'any' }) as const;

/** Facts, sums, forms and manners; what is asked in a language is answered in it. */
export const regressionPrompts: readonly StatedPrompt[] = [
  ['What is the capital of France?', says('Paris'), english],
  ['What is the capital of Japan?', says('Tokyo'), english],
  ['Which continent is Egypt in?', says('Africa'), english],
  ['What language do people speak in Brazil?', says('Portuguese'), english],
  ['What is the opposite of hot?', saysAny('cold', 'cool'), english],
  ['Which day comes after Monday?', says('Tuesday'), english],
  ['Which month comes before March?', says('February'), english],
  ['How many legs does a spider have?', saysAny('8', 'eight'), english],
  ['What is a baby dog called?', saysAny('puppy', 'pup'), english],
  ['Who wrote Hamlet?', says('Shakespeare'), english],
  ['What colour is the sky on a clear day?', says('blue'), english],
  ['What is 3 plus 4?', sum],
  ['What is 9 minus 5?', sum],
  ['What is 6 times 7?', sum],
  ['Name three fruits.', english, { kind: 'length', min: 3, max: 60 }],
  ['Say hello to me in one short sentence.', english, { kind: 'length', max: 30 }],
  ['Give an object in JSON with the key "answer" and the value 42, and nothing else.', { kind: 'json' }],
  ['法国的首都是哪里？', says('巴黎'), chinese],
  ['日本的首都是哪里？', says('东京'), chinese],
  ['埃及在哪个洲？', says('非洲'), chinese],
  ['“热”的反义词是什么？', says('冷'), chinese],
  ['星期一之后是星期几？', saysAny('星期二', '周二'), chinese],
  ['三月之前是哪个月？', saysAny('二月', '2月'), chinese],
  ['蜘蛛有几条腿？', saysAny('8', '八'), chinese],
  ['狗的幼崽叫什么？', saysAny('小狗', '狗崽', '幼犬'), chinese],
  ['《哈姆雷特》是谁写的？', says('莎士比亚'), chinese],
  ['3加4等于几？', sum],
  ['9减5等于几？', sum],
  ['6乘以7等于几？', sum],
  ['说出三种水果。', chinese, { kind: 'length', min: 2, max: 60 }],
];
