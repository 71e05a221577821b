"""The small world in two languages: English sentences and the same in Chinese, whose words stand in another order.

What is possessed comes last, a clause that says which one comes first, where and when stand before the verb, a reason before what it explains; and
each animal is counted in a word of its own (一只猫, 一匹马).
"""

import random
from dataclasses import dataclass

from core.text.small_world_words import ANIMALS, COUNTRIES, PEOPLE

JOINED = 0.35  # share of sentences made of two


@dataclass(frozen=True)
class Word:
    """counted: the Chinese word that counts it, where it needs one."""

    en: str
    zh: str
    counted: str = ""


def _words(told: str) -> tuple[Word, ...]:
    return tuple(Word(*each.split()) for each in told.split(","))


_HAN_OF_COUNTRIES = (
    "法国 巴黎 法语 奶酪 塞纳河, 德国 柏林 德语 土豆 易北河, 意大利 罗马 意大利语 番茄 台伯河, "
    "西班牙 马德里 西班牙语 橄榄 塔霍河, 葡萄牙 里斯本 葡萄牙语 沙丁鱼 杜罗河, 英国 伦敦 英语 大麦 泰晤士河, "
    "爱尔兰 都柏林 爱尔兰语 燕麦 利菲河, 挪威 奥斯陆 挪威语 三文鱼 格洛马河, 瑞典 斯德哥尔摩 瑞典语 浆果 托尔讷河, "
    "丹麦 哥本哈根 丹麦语 黄油 古曾河, 芬兰 赫尔辛基 芬兰语 黑麦 万塔河, 波兰 华沙 波兰语 甜菜 维斯瓦河, "
    "希腊 雅典 希腊语 无花果 阿谢洛奥斯河, 土耳其 安卡拉 土耳其语 榛子 哈利斯河, 埃及 开罗 埃及语 椰枣 尼罗河, "
    "中国 北京 汉语 面条 长江, 日本 东京 日语 米饭 信浓川, 俄罗斯 莫斯科 俄语 小麦 伏尔加河, "
    "匈牙利 布达佩斯 匈牙利语 辣椒 多瑙河, 泰国 曼谷 泰语 芒果 湄公河"
)
_HAN_OF_PEOPLE = "国王 王后 王子 公主 公爵 公爵夫人 男人 女人 男孩 女孩 丈夫 妻子 男演员 女演员 男服务员 女服务员 叔叔 阿姨 爷爷 奶奶"
# as counted, as called, what it does, where it lives
_HAN_OF_ANIMALS = (
    "只 狗 汪汪叫 狗窝, 只 猫 打呼噜 篮子, 匹 马 奔跑 马厩, 只 老鼠 吱吱叫 储藏室, 只 麻雀 唱歌 树篱, 匹 狼 嚎叫 洞穴, 只 鹅 嘎嘎叫 池塘, "
    "头 狮子 吼叫 草原, 头 熊 咆哮 树林, 只 狐狸 潜行 地洞, 头 牛 耕地 田地, 只 青蛙 呱呱叫 沼泽"
)
_COUNTRIES = [
    (Word(c.name, han[0]), Word(c.capital, han[1]), Word(c.language, han[2]), Word(c.food, han[3]), Word(c.river, han[4]))
    for c, han in zip(COUNTRIES, (told.split() for told in _HAN_OF_COUNTRIES.split(",")), strict=True)
]
_PEOPLE = [Word(person.word, han) for person, han in zip(PEOPLE, _HAN_OF_PEOPLE.split(), strict=True)]
_ANIMALS = [
    (Word(a.word, han[1], han[0]), Word(f"{a.verb}s", han[2]), Word(a.home, han[3]))
    for a, han in zip(ANIMALS, (told.split() for told in _HAN_OF_ANIMALS.split(",")), strict=True)
]
_KINDS = _words("black 黑色的, white 白色的, brown 棕色的, grey 灰色的, big 很大的, small 很小的, huge 巨大的, young 年轻的, old 年老的")
_PLACES = _words("palace 宫殿, castle 城堡, tower 塔楼, office 办公室, school 学校, kitchen 厨房, theatre 剧院, restaurant 餐厅, garden 花园, attic 阁楼")
_THINGS = _words("crown 王冠, medal 奖章, ring 戒指, script 剧本, tray 托盘, menu 菜单, letters 信件, presents 礼物, toys 玩具, spectacles 眼镜")
_DEEDS = _words("dances 跳舞, works 工作, studies 学习, cooks 做饭, performs 表演, votes 投票, snores 打鼾, giggles 傻笑, remembers 回忆, hunts 打猎")

_FORMS = (
    ("{capital.en} is the capital of {country.en}", "{capital.zh}是{country.zh}的首都"),
    ("the {person.en} who lives in {country.en} eats {food.en}", "住在{country.zh}的{person.zh}吃{food.zh}"),
    ("the {person.en} flew to {capital.en} to learn {language.en}", "{person.zh}飞到{capital.zh}学习{language.zh}"),
    ("the {person.en} {deed.en} in the {place.en} every night", "{person.zh}每天晚上都在{place.zh}里{deed.zh}"),
    ("the {person.en} keeps the {thing.en} of the {other.en} in the {place.en}", "{person.zh}把{other.zh}的{thing.zh}放在{place.zh}里"),
    ("the {person.en} sees a {kind.en} {animal.en} in the {place.en}", "{person.zh}在{place.zh}里看见一{animal.counted}{kind.zh}{animal.zh}"),
    ("there is a {kind.en} {animal.en} in the {place.en} of the {person.en}", "{person.zh}的{place.zh}里有一{animal.counted}{kind.zh}{animal.zh}"),
    ("the {kind.en} {animal.en} {verb.en} in the {home.en}", "那{animal.counted}{kind.zh}{animal.zh}在{home.zh}里{verb.zh}"),
    ("the {animal.en} behind the {person.en} {verb.en} near the {river.en}", "{person.zh}后面的那{animal.counted}{animal.zh}在{river.zh}附近{verb.zh}"),
    ("{capital.en} is far from the {river.en} and the {person.en} {deed.en} there", "{capital.zh}距离{river.zh}很远，{person.zh}在那里{deed.zh}"),
)
_JOINTS = (
    ("{one} because {two}", "因为{two}，所以{one}"),
    ("{one} when {two}", "{two}的时候，{one}"),
    ("{one} but {two}", "{one}，但是{two}"),
    ("if {one} , then {two}", "如果{one}，那么{two}"),
)


def pair(rng: random.Random) -> tuple[str, str]:
    """An English sentence, small letters with blanks between words and marks; and the same in Chinese, as it is written, without any."""
    one = _clause(rng)
    if rng.random() < JOINED:
        two, joint = _clause(rng), rng.choice(_JOINTS)
        one = (joint[0].format(one=one[0], two=two[0]), joint[1].format(one=one[1], two=two[1]))
    return f"{one[0]} .", f"{one[1]}。"


def lexicon() -> dict[str, str]:
    """Of each English word of the grammar that has a Chinese one of its own, that one."""
    words = [*(word for row in (*_COUNTRIES, *_ANIMALS) for word in row), *_PEOPLE, *_KINDS, *_PLACES, *_THINGS, *_DEEDS]
    return {word.en: word.zh for word in words}


def _clause(rng: random.Random) -> tuple[str, str]:
    country, capital, language, food, river = rng.choice(_COUNTRIES)
    person, other = rng.sample(_PEOPLE, 2)
    animal, verb, home = rng.choice(_ANIMALS)
    words = {"country": country, "capital": capital, "language": language, "food": food, "river": river, "person": person, "other": other, "animal": animal}
    words |= {"verb": verb, "home": home, "kind": rng.choice(_KINDS), "place": rng.choice(_PLACES), "thing": rng.choice(_THINGS), "deed": rng.choice(_DEEDS)}
    en, zh = rng.choice(_FORMS)
    return en.format(**words).replace(" a old ", " an old "), zh.format(**words)
