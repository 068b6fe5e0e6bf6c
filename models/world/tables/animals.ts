import { parseTable } from '../table.js';

/** What the model knows about animals; `kind` and `baby` come with their article in English. */
export const animals = parseTable(
  'animals',
  'animal plural kind legs home food sound baby',
  `
  cow | cows | a mammal | four | on farms | grass | moo | a calf || 牛 | 牛 | 哺乳动物 | 四 | 农场 | 草 | 哞哞 | 牛犊
  dog | dogs | a mammal | four | with people | meat | woof | a puppy || 狗 | 狗 | 哺乳动物 | 四 | 人的家里 | 肉 | 汪汪 | 小狗
  cat | cats | a mammal | four | with people | mice | meow | a kitten || 猫 | 猫 | 哺乳动物 | 四 | 人的家里 | 老鼠 | 喵喵 | 小猫
  horse | horses | a mammal | four | on farms | hay | neigh | a foal || 马 | 马 | 哺乳动物 | 四 | 农场 | 干草 | 咴咴 | 马驹
  sheep | sheep | a mammal | four | on farms | grass | baa | a lamb || 羊 | 羊 | 哺乳动物 | 四 | 农场 | 草 | 咩咩 | 羊羔
  pig | pigs | a mammal | four | on farms | roots | oink | a piglet || 猪 | 猪 | 哺乳动物 | 四 | 农场 | 根茎 | 哼哼 | 小猪
  lion | lions | a mammal | four | on the plains | meat | roar | a cub || 狮子 | 狮子 | 哺乳动物 | 四 | 草原 | 肉 | 吼吼 | 幼狮
  duck | ducks | a bird | two | on ponds | water plants | quack | a duckling || 鸭子 | 鸭子 | 鸟类 | 两 | 池塘 | 水草 | 嘎嘎 | 小鸭
  hen | hens | a bird | two | on farms | grain | cluck | a chick || 母鸡 | 母鸡 | 鸟类 | 两 | 农场 | 谷粒 | 咯咯 | 小鸡
  owl | owls | a bird | two | in forests | mice | hoot | an owlet || 猫头鹰 | 猫头鹰 | 鸟类 | 两 | 森林 | 老鼠 | 呜呜 | 小猫头鹰
  frog | frogs | an amphibian | four | near ponds | insects | croak | a tadpole || 青蛙 | 青蛙 | 两栖动物 | 四 | 池塘边 | 昆虫 | 呱呱 | 蝌蚪
  snake | snakes | a reptile | no | in warm places | small animals | hiss | a snakelet || 蛇 | 蛇 | 爬行动物 | 零 | 温暖的地方 | 小动物 | 嘶嘶 | 小蛇
  bee | bees | an insect | six | in hives | nectar | buzz | a larva || 蜜蜂 | 蜜蜂 | 昆虫 | 六 | 蜂巢 | 花蜜 | 嗡嗡 | 幼虫
  elephant | elephants | a mammal | four | on the plains | leaves | trumpet | a calf || 大象 | 大象 | 哺乳动物 | 四 | 草原 | 树叶 | 昂昂 | 小象
  `,
);
