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
  Portugal | Lisbon | Europe | Portuguese | the Tower of Belem || 葡萄牙 | 里斯本 | 欧洲 | 葡萄牙语 | 贝伦塔
  Greece | Athens | Europe | Greek | the Parthenon || 希腊 | 雅典 | 欧洲 | 希腊语 | 帕特农神庙
  Poland | Warsaw | Europe | Polish | the castle of Krakow || 波兰 | 华沙 | 欧洲 | 波兰语 | 克拉科夫城堡
  Sweden | Stockholm | Europe | Swedish | the northern lights || 瑞典 | 斯德哥尔摩 | 欧洲 | 瑞典语 | 北极光
  Norway | Oslo | Europe | Norwegian | the deep fjords || 挪威 | 奥斯陆 | 欧洲 | 挪威语 | 峡湾
  Denmark | Copenhagen | Europe | Danish | the Little Mermaid || 丹麦 | 哥本哈根 | 欧洲 | 丹麦语 | 小美人鱼雕像
  Finland | Helsinki | Europe | Finnish | a thousand lakes || 芬兰 | 赫尔辛基 | 欧洲 | 芬兰语 | 千湖美景
  Austria | Vienna | Europe | German | the old opera house || 奥地利 | 维也纳 | 欧洲 | 德语 | 歌剧院
  Hungary | Budapest | Europe | Hungarian | the Chain Bridge || 匈牙利 | 布达佩斯 | 欧洲 | 匈牙利语 | 链子桥
  England | London | Europe | English | Big Ben || 英国 | 伦敦 | 欧洲 | 英语 | 大本钟
  Russia | Moscow | Europe | Russian | the Red Square || 俄罗斯 | 莫斯科 | 欧洲 | 俄语 | 红场
  China | Beijing | Asia | Chinese | the Great Wall || 中国 | 北京 | 亚洲 | 汉语 | 长城
  Japan | Tokyo | Asia | Japanese | Mount Fuji || 日本 | 东京 | 亚洲 | 日语 | 富士山
  South Korea | Seoul | Asia | Korean | the old palaces || 韩国 | 首尔 | 亚洲 | 韩语 | 景福宫
  India | New Delhi | Asia | Hindi | the Taj Mahal || 印度 | 新德里 | 亚洲 | 印地语 | 泰姬陵
  Thailand | Bangkok | Asia | Thai | golden temples || 泰国 | 曼谷 | 亚洲 | 泰语 | 大皇宫
  Vietnam | Hanoi | Asia | Vietnamese | Ha Long Bay || 越南 | 河内 | 亚洲 | 越南语 | 下龙湾
  Turkey | Ankara | Asia | Turkish | the Blue Mosque || 土耳其 | 安卡拉 | 亚洲 | 土耳其语 | 蓝色清真寺
  Egypt | Cairo | Africa | Arabic | the pyramids || 埃及 | 开罗 | 非洲 | 阿拉伯语 | 金字塔
  Kenya | Nairobi | Africa | Swahili | lions on the plains || 肯尼亚 | 内罗毕 | 非洲 | 斯瓦希里语 | 草原狮子
  Morocco | Rabat | Africa | Arabic | the markets of Marrakesh || 摩洛哥 | 拉巴特 | 非洲 | 阿拉伯语 | 马拉喀什集市
  Canada | Ottawa | North America | English | Niagara Falls || 加拿大 | 渥太华 | 北美洲 | 英语 | 尼亚加拉瀑布
  Mexico | Mexico City | North America | Spanish | the temples of the Maya || 墨西哥 | 墨西哥城 | 北美洲 | 西班牙语 | 玛雅神庙
  Cuba | Havana | North America | Spanish | the old cars of Havana || 古巴 | 哈瓦那 | 北美洲 | 西班牙语 | 老爷车
  Brazil | Brasilia | South America | Portuguese | the Amazon || 巴西 | 巴西利亚 | 南美洲 | 葡萄牙语 | 亚马孙雨林
  Peru | Lima | South America | Spanish | Machu Picchu || 秘鲁 | 利马 | 南美洲 | 西班牙语 | 马丘比丘
  Chile | Santiago | South America | Spanish | the Atacama Desert || 智利 | 圣地亚哥 | 南美洲 | 西班牙语 | 阿塔卡马沙漠
  Australia | Canberra | Oceania | English | the Great Barrier Reef || 澳大利亚 | 堪培拉 | 大洋洲 | 英语 | 大堡礁
  `,
);
