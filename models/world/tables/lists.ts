import { parseTable } from '../table.js';

/** Categories and some of their members, which `{list}` in a template draws from. */
export const lists = parseTable(
  'lists',
  'category members',
  `
  fruits | apples, bananas, cherries, grapes, lemons, oranges, pears, plums || 水果 | 苹果、香蕉、樱桃、葡萄、柠檬、橙子、梨、李子
  vegetables | beans, cabbages, carrots, onions, peas, potatoes, spinach || 蔬菜 | 豆角、白菜、胡萝卜、洋葱、豌豆、土豆、菠菜
  colours | black, blue, brown, green, orange, red, white, yellow || 颜色 | 黑色、蓝色、棕色、绿色、橙色、红色、白色、黄色
  farm animals | cows, ducks, geese, goats, hens, horses, pigs, sheep || 农场动物 | 牛、鸭子、鹅、山羊、母鸡、马、猪、羊
  wild animals | bears, elephants, foxes, lions, owls, snakes, wolves || 野生动物 | 熊、大象、狐狸、狮子、猫头鹰、蛇、狼
  planets | Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus, Neptune || 行星 | 水星、金星、地球、火星、木星、土星、天王星、海王星
  instruments | drums, flutes, guitars, harps, pianos, trumpets, violins || 乐器 | 鼓、长笛、吉他、竖琴、钢琴、小号、小提琴
  sports | football, tennis, swimming, running, chess, rowing, skiing || 运动 | 足球、网球、游泳、跑步、象棋、划船、滑雪
  drinks | coffee, juice, lemonade, milk, tea, water || 饮料 | 咖啡、果汁、柠檬水、牛奶、茶、水
  flowers | daisies, lilies, roses, sunflowers, tulips, violets || 花 | 雏菊、百合、玫瑰、向日葵、郁金香、紫罗兰
  `,
);
