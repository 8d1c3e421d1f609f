"""Topics that most organisations need first, with words in each language: content, as in surveys/questions/wording.py.

Beginnings are chosen so that they begin nothing else: “цена” and its forms, for “цен*” would find the centre of a town.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

Words = Mapping[str, str]


def in_lines(listed: Words) -> Words:
    """One a line, as staff write them."""
    return {language: words.replace(", ", "\n") for language, words in listed.items()}


STARTER_TOPICS: tuple[tuple[Promise, Words], ...] = (
    (
        pgettext_lazy("topic of comments", "Delivery"),
        in_lines(
            {
                "en": "deliver*, shipping, shipped, shipment*, courier*, parcel*, dispatch*, tracking, arrived",
                "ru": "достав*, курьер*, посылк*, отправк*, привез*, трек-номер*, пункт выдачи, пункте выдачи",
                "bs": "dostav*, isporuk*, isporuč*, kurir*, pošilj*, stigao, stigla, stiglo, stigli",
                "fa": "ارسال*, تحویل*, پیک, مرسوله*, پستچی*, بسته پستی, به دستم رسید",
                "zh-hans": "快递, 送货, 配送, 派送, 发货, 到货, 物流, 包裹",
            }
        ),
    ),
    (
        pgettext_lazy("topic of comments", "Price"),
        in_lines(
            {
                "en": "price*, pricing, pricey, overpriced, cost*, expensive, cheap*, bill, bills, billed, billing, "
                "invoice*, charge, charged, charges, fee, fees, discount*, value for money",
                "ru": "цена, цены, цене, цену, ценой, ценник*, стоимост*, дорого, дорогой, дорогая, дорогое, дороже, "
                "дороговат*, дешев*, счет, счета, счете, счету, тариф*, скидк*, переплат*",
                "bs": "cijen*, skup, skupo, skupe, skuplj*, preskup*, jeftin*, račun, računa, računu, računi, "
                "računom, trošk*, košta*, popust*, naplat*, naplać*, pretplat*",
                "fa": "قیمت*, هزینه*, گران*, ارزان*, صورتحساب*, فاکتور*, تخفیف*, تعرفه*",
                "zh-hans": "价格, 价钱, 收费, 费用, 账单, 便宜, 太贵, 很贵, 贵了, 优惠, 折扣",
            }
        ),
    ),
    (
        pgettext_lazy("topic of comments", "Staff"),
        in_lines(
            {
                "en": "staff, employee*, assistant*, adviser*, advisor*, agent*, cashier*, technician*, support, "
                "customer service, friendly, unfriendly, polite, impolite, rude, helpful, unhelpful",
                "ru": "сотрудник*, персонал, персонала, персоналом, оператор*, продавец, продавц*, консультант*, "
                "менеджер*, мастер, мастера, поддержк*, вежлив*, невежлив*, грубо, грубый, грубят, нагруб*, хамств*, хамил*",
                "bs": "osoblj*, zaposleni*, radnik, radnika, radnici, radnica, radnice, prodavač*, majstor*, tehničar*, "
                "savjetni*, podrška, podrške, podršku, podršci, ljubazn*, neljubazn*, nepristojn*",
                "fa": "کارمند*, کارکنان*, پرسنل*, فروشنده*, همکارتان, همکاران*, کارشناس*, پشتیبان*, تکنسین*, مودب*, "
                "بی‌ادب*, خوش‌برخورد*, برخورد*",
                "zh-hans": "店员, 员工, 客服, 服务员, 工作人员, 师傅, 态度, 热情, 耐心",
            }
        ),
    ),
    (
        pgettext_lazy("topic of comments", "Product"),
        in_lines(
            {
                "en": "product*, quality, item, items, goods, device*, broke, broken, defect*, faulty, damaged",
                "ru": "товар*, продукт*, качеств*, устройств*, сломал*, сломан*, брак, бракованн*, дефект*, повреж*",
                "bs": "proizvod*, kvalitet*, roba, robe, robu, artikl*, uređaj*, pokvar*, neisprav*, oštećen*",
                "fa": "محصول*, کالا*, کیفیت*, دستگاه*, خراب*, معیوب*, شکسته*",
                "zh-hans": "产品, 商品, 质量, 品质, 设备, 坏了, 破损, 瑕疵",
            }
        ),
    ),
    (
        pgettext_lazy("topic of comments", "Website and app"),
        in_lines(
            {
                "en": "website*, web site*, web page*, site, app, apps, online, log in, login, password*, checkout, crash*",
                "ru": "сайт*, приложени*, личный кабинет, личного кабинета, личном кабинете, онлайн, парол*, страниц*",
                "bs": "aplikacij*, stranic*, sajt*, web*, online, lozink*, portal*",
                "fa": "سایت*, وب‌سایت*, اپ, اپلیکیشن*, برنامه*, آنلاین, رمز عبور*, گذرواژه*",
                "zh-hans": "网站, 网页, 页面, 应用, 软件, 小程序, 登录, 密码, 闪退, app",
            }
        ),
    ),
    (
        pgettext_lazy("topic of comments", "Waiting"),
        in_lines(
            {
                "en": "wait, waits, waited, waiting, queue*, on hold, delay*, late, took ages, took days, took weeks, took hours",
                "ru": "ждал, ждала, ждали, ждать, ждем, жду, прождал*, ожидан*, очередь, очереди, очередях, очередью, "
                "долго, задерж*, опозда*",
                "bs": "čekao, čekala, čekali, čekam*, čekanj*, čekati, gužv*, kasni*, zakasni*, kašnj*, dugo, predugo",
                "fa": "منتظر*, انتظار*, معطل*, صف, تأخیر*, پشت خط, دیر",
                "zh-hans": "等了, 等待, 等候, 久等, 等太久, 排队, 太慢, 很久, 延误, 迟到",
            }
        ),
    ),
)
