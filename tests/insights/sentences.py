"""Sentences with what they are about, labelled by hand before the rules were tried on them.

One a line: letters of the marks (Q question, L link, A advertising, G greeting, W we, R anger, T thanks, - none), a space,
the sentence. About a third is meant to mislead.
"""

from qunce.insights.types import Mark

LETTERS = {
    "Q": Mark.QUESTION, "L": Mark.LINK, "A": Mark.ADVERT, "G": Mark.GREETING, "W": Mark.WE, "R": Mark.ANGER, "T": Mark.THANKS,
}  # fmt: skip

WRITTEN = """
G 大家好，我是新来的小林，在杭州做设计
G 欢迎新朋友！
G 欢迎 @林芝 加入读书会
G 早上好各位☀️
G 早安，又是元气满满的一天
G 晚安啦，明天见
G hi all
G Hello everyone, I'm Ana from Porto
G welcome @bob, glad to have you
G good morning!
G hey folks
G 新人报到，请多关照
G 热烈欢迎王老师入群
G 你好呀 @阿明
G @小雨 欢迎欢迎
G Welcome aboard, Kim!
GQ 大家好，请问这里是跑步群吗
GQ Hi, does anybody know how to reset the board?
GQ hello, what time does it start?
GT 谢谢群主，大家好
G 新人一枚，潜水学习
- 欢迎投稿，截止到周五
- 欢迎大家咨询
- 这款很受欢迎
- 欢迎转发
- you're welcome
- PRs are welcome
- this was a welcome change
- the hello world example compiles
- feedback welcome
- 帮我跟老师问个好
- 今天玩得太嗨了
- 我妈让我替她向你妈妈问好
W 我们下周六去爬山吧
W 咱们群越来越热闹了
W 大家一起加油
W 我们一起把这个做完
W 咱这个月读了三本
W 这是我们的传统
W we should meet again next month
W let's do it together
W our group hit 200 today
W proud of all of us
W we did it!
WQ 我们几点集合？
WQ should we move it to Sunday?
WT 谢谢大家，我们又完成了一期
W 本群规矩：迟到请喝奶茶
W 家人们，周末见
- 我家楼下新开了面馆
- 我们公司今天年会
- 我们店明天休息
- the US economy is slowing
- deploy it to us-east-1
- 他说了算
- use the en_US locale
- let us know tomorrow
- 我和同事出差了
- they won again
R 这也太过分了
R 垃圾客服，气死我了
R 你有病吧
R 骗子！退钱
R 别在这胡说八道
R 滚出去
R 忍无可忍，我要投诉
R 什么态度啊
R 真恶心
R 傻逼
R 天天刷屏烦死了
R 你们这是骗钱
R wtf is wrong with you
R this is ridiculous, I'm sick of it
R shut up
R you are such an idiot
R total scam, stay away
R I hate this update
R what a pathetic excuse
R fuck this
R stop lying
R worst support ever
RQ 你脑残吗？
RQ are you stupid?
RW 我们被坑惨了，坑人
R 群主不作为，差评
R 说话这么难听，讨厌
R 再发广告我就举报你
- 今天学了垃圾分类
- 谁去倒垃圾，值日表在群公告
- 页面往下滚动就能看到
- 生病了要休息
- 别生气，慢慢来
- 今天读《被讨厌的勇气》第三章
- 便宜得离谱
- 老狼是摇滚歌手
- 大家小心，谨防诈骗
- garbage collection pauses are longer now
- sorry, dumb question ahead
- holy shit that is beautiful
- I hate to ask but the link is dead
W worst case we wait a day
- the usb stick sb123 is full
- 水滚了再下面
- 曝光时间调到三十分之一
- I'm so stupid, it was unplugged
T 谢谢老师
T 感谢分享
T 多谢大佬
T 辛苦啦
T 谢谢谢谢🙏
T 太感谢了，问题解决了
T thanks!
T thank you so much, that fixed it
T thx
T ty, works now
T much appreciated
T cheers mate
T tks for sharing
T kudos to the organisers
T 跪谢
TW thanks, we needed that
T 谢啦，周末请你喝茶
T 3q
TQ 谢谢，那几点到呢？
TQ thanks, and where is the second file?
- 谢绝参观
- 不用谢
- no thanks
R thanks for nothing
- 新陈代谢变慢了
- 周四是感恩节
- type it again
- open /dev/tty0
- 演出谢幕了
- Thanksgiving is on Thursday
Q 报名表在哪里
Q 有人试过新的镜头吗？
Q 请问怎么报名
Q 几点开始呀
Q 有没有上次的讲义
Q 为什么我进不去
Q How do I join the Saturday session?
Q is it free?
Q 能不能补课
Q 明天还上课吗
Q 谁有去年的题
Q 这个优惠券怎么领？
Q 有靠谱的代购吗
Q 加微信要验证吗？
Q anyone tried the new firmware?
Q which port does it use?
Q can I use a promo code twice?
Q 群里有做兼职的吗
- 我也不知道怎么回事
- 无论如何都要来
- 没什么
- what a day
- 12:30 见
- ???
L https://example.org/notes
L 讲义在这里 https://example.org/a.pdf
L see www.example.com for details
L the docs: https://docs.example.org/en/latest/
LQ 这个 https://example.org/x 打得开吗？
LT thanks, http://example.org/fix worked
LW our wiki: https://wiki.example.org/home
L github.com/example/project 有源码
L 视频回放 http://v.example.cn/123
- 我的邮箱是 a@example.org
- 版本 3.11.2 发布了
- node.js 真好用
- 我在 main.py 第 40 行
A 全场五折起！秒杀价99元，扫码下单
A 韩国代购，加微信 haiwai8866，正品保证
A 招代理，日结300元，联系13800138000
A 免费领取优惠券，扫码进群
A 兼职刷单，日赚500，加QQ123456789
AL https://t.me/joinchat/AAAAAEx0123456789
AL Join our signals channel, guaranteed profit! https://t.me/+Ab12Cd34
AL 50% OFF today only! Buy now https://shop.example.com/sale
AL 🔥限时秒杀🔥 原价199，现价59 https://m.tb.cn/h.abc
AL earn money from home, click here https://bit.ly/abc
A 复制这段文字打开淘宝 ￥a1B2c3D4e5F￥
A 专业办证，发票代开，微信号 abc_88990
A 厂家直销，一手货源，招收代理，需要的私聊我
A 信用卡提额、贷款，当天放款，电话 139-0013-9000
AL crypto signals, 100x, DM me https://chat.whatsapp.com/AbCdEf
A 高价回收旧手机，vx: huishou2020
AL Use promo code SAVE20 at checkout https://example.shop free shipping
A 考研资料免费领取，加我微信 kaoyan2026
AQ 想要副业收入吗？月入过万，加微信 fuye6688
AL 【拼多多】帮我砍一刀 https://mobile.yangkeduo.com/x 马上就成功了
A 新店开业满100减30，买一送一，欢迎光临
A 牛股推荐，老师带单，进群QQ群：87654321
AL Best prices for followers! buy followers at https://example.biz
A 茶叶批发价50元/斤，包邮，加v：chaye123
AL airdrop live, claim now https://example.xyz/claim limited spots
A 减肥产品特价，3盒只要299元，私信我
AL discord.gg/abcdef join our giveaway
A 考驾照不用等，包教包会，咨询热线 13712345678
A selling followers, best price $5, dm me, limited offer
AL WhatsApp me +44 7700 900123 for forex signals http://fx.example
- 这家店的优惠券要周五才能用
- 我在网上买的，299元，还行
- 上次代购的钱我转你了
- 周末聚餐人均80元，想来的接龙
- 她做兼职攒了学费
- 我的手机号换成 13800138000 了
L 上个月在这买的，挺好用 https://item.jd.com/123.html
L 会议链接 https://meeting.example.com/j/123456789
L 课程回放和讲义：https://example.org/1 和 https://example.org/2
- 群里禁止发广告和二维码
- the coupon did not work for me
W we shipped the free trial page yesterday
- 门票一人50元，现场交
- 今天秒杀没抢到
- 请大家不要加陌生人微信
- I bought it on sale last week
L the invoice API is at https://api.example.org/v1/invoices
- 快递单号 13900139000123
- 报名费150元，周五截止
- 午饭吃了火锅，撑死了
- 今天跑了十公里，配速五分半
- 好的收到
- 哈哈哈哈
- 第三章的模型我推了一遍，符号写错了
- 天气预报说周末有雨
- 我把日程改到下周三了
- 地铁坏了，晚到十分钟
- 这首曲子第二段最难
- merged, will tag a release tonight
- the container restarts every two minutes
- try clearing the cache first
- I am on windows 10 with the bridge interface
- ok
- same here
- lol
- it works on my machine
- 作业已经交了
- 孩子今天第一次自己骑车
- 这张照片的光很好
- 明天八点在图书馆门口见
- 图书馆周一闭馆
- 老板加一份米饭
- 换了新电池，续航好多了
- 五一去了敦煌，沙子进了镜头
- 大概需要三天
- 先按说明书装一遍
- 数据库连不上，重启好了
- nope, still red
- 我女儿喜欢画画
- +1
- 👍👍👍
- [图片]
- 会议纪要我晚点整理
- 你说的那家我去过
- the second speaker was better
- reboot fixed it
- 记得带身份证
- 我排第五
- 5 排 3 座
- 请假一天
- 已完成打卡第 12 天
- 今日阅读 30 页
- see you on Friday
- it depends on the kernel version
- 先到的占座
"""


def _labelled() -> list[tuple[Mark, str]]:
    found = []
    for line in WRITTEN.strip().splitlines():
        letters, _space, text = line.partition(" ")
        found.append((Mark(sum(LETTERS[letter] for letter in letters if letter != "-")), text))
    return found


SENTENCES = _labelled()
