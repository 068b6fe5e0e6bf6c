import { parseTable } from '../table.js';

/** What the model knows about countries; `sight` is something to see there. */
export const countries = parseTable(
  'countries',
  'country capital continent language sight',
  `
  France | Paris | Europe | French | the Eiffel Tower || 法国 | 巴黎 | 欧洲 | 法语 | 埃菲尔铁塔
  Germany | Berlin | Europe | German | the Brandenburg Gate || 德国 | 柏林 | 欧洲 | 德语 | 勃兰登堡门
  Italy | Rome | Europe | Italian | the Colosseum || 意大利 | 罗马 | 欧洲 | 意大利语 | 斗兽场
  Spain | Madrid | Europe | Spanish | the Alhambra || 西班牙 | 马德里 | 欧洲 | 西班牙语 | 阿尔罕布拉宫
  Greece | Athens | Europe | Greek | the Parthenon || 希腊 | 雅典 | 欧洲 | 希腊语 | 帕特农神庙
  Sweden | Stockholm | Europe | Swedish | the northern lights || 瑞典 | 斯德哥尔摩 | 欧洲 | 瑞典语 | 北极光
  Norway | Oslo | Europe | Norwegian | the deep fjords || 挪威 | 奥斯陆 | 欧洲 | 挪威语 | 峡湾
  England | London | Europe | English | Big Ben || 英国 | 伦敦 | 欧洲 | 英语 | 大本钟
  Russia | Moscow | Europe | Russian | the Red Square || 俄罗斯 | 莫斯科 | 欧洲 | 俄语 | 红场
  China | Beijing | Asia | Chinese | the Great Wall || 中国 | 北京 | 亚洲 | 汉语 | 长城
  Japan | Tokyo | Asia | Japanese | Mount Fuji || 日本 | 东京 | 亚洲 | 日语 | 富士山
  South Korea | Seoul | Asia | Korean | the old palaces || 韩国 | 首尔 | 亚洲 | 韩语 | 景福宫
  India | New Delhi | Asia | Hindi | the Taj Mahal || 印度 | 新德里 | 亚洲 | 印地语 | 泰姬陵
  Turkey | Ankara | Asia | Turkish | the Blue Mosque || 土耳其 | 安卡拉 | 亚洲 | 土耳其语 | 蓝色清真寺
  Egypt | Cairo | Africa | Arabic | the pyramids || 埃及 | 开罗 | 非洲 | 阿拉伯语 | 金字塔
  Canada | Ottawa | North America | English | Niagara Falls || 加拿大 | 渥太华 | 北美洲 | 英语 | 尼亚加拉瀑布
  Mexico | Mexico City | North America | Spanish | the temples of the Maya || 墨西哥 | 墨西哥城 | 北美洲 | 西班牙语 | 玛雅神庙
  Brazil | Brasilia | South America | Portuguese | the Amazon || 巴西 | 巴西利亚 | 南美洲 | 葡萄牙语 | 亚马孙雨林
  Peru | Lima | South America | Spanish | Machu Picchu || 秘鲁 | 利马 | 南美洲 | 西班牙语 | 马丘比丘
  Australia | Canberra | Oceania | English | the Great Barrier Reef || 澳大利亚 | 堪培拉 | 大洋洲 | 英语 | 大堡礁
  `,
);
