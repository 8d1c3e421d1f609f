"""What the shops ask, in the five languages of their visitors."""

from typing import Any

NAME = "Visit to a shop"
TITLE = {
    "en": "How was your visit?",
    "bs": "Kako je prošla vaša posjeta?",
    "ru": "Как прошёл ваш визит?",
    "fa": "بازدید شما چطور بود؟",
    "zh-hans": "您今天到店的体验如何？",
}
QUESTIONS = {
    "visit": {
        "en": "How satisfied are you with your visit today?",
        "bs": "Koliko ste zadovoljni današnjom posjetom?",
        "ru": "Насколько вы довольны сегодняшним визитом?",
        "fa": "از بازدید امروز خود چقدر راضی هستید؟",
        "zh-hans": "您对今天的到店服务满意吗？",
    },
    "wrong": {
        "en": "What went wrong?",
        "bs": "Šta nije bilo u redu?",
        "ru": "Что пошло не так?",
        "fa": "چه چیزی خوب نبود؟",
        "zh-hans": "哪里没做好？",
    },
    "words": {
        "en": "What should we know?",
        "bs": "Šta bismo trebali znati?",
        "ru": "Что нам стоит знать?",
        "fa": "چه چیزی را باید بدانیم؟",
        "zh-hans": "您想告诉我们什么？",
    },
    "parts": {
        "en": "How did you like…",
        "bs": "Kako vam se svidjelo…",
        "ru": "Как вам понравились…",
        "fa": "نظر شما دربارهٔ…",
        "zh-hans": "您觉得以下方面如何？",
    },
    "solved": {
        "en": "Did you get what you came for?",
        "bs": "Jeste li dobili ono po što ste došli?",
        "ru": "Вы получили то, за чем пришли?",
        "fa": "آیا به آنچه برایش آمده بودید رسیدید؟",
        "zh-hans": "您此行的目的达到了吗？",
    },
}
OPTIONS: dict[str, dict[str, dict[str, str]]] = {
    "wrong": {
        "waiting": {
            "en": "I waited too long", "bs": "Predugo sam čekao/la", "ru": "Долго ждал(а)",
            "fa": "زیاد منتظر ماندم", "zh-hans": "等待太久",
        },
        "knowledge": {
            "en": "Nobody could answer my question", "bs": "Niko nije znao odgovoriti", "ru": "Никто не смог ответить",
            "fa": "کسی پاسخ پرسشم را نمی‌دانست", "zh-hans": "没人能解答我的问题",
        },
        "stock": {
            "en": "What I wanted was not there", "bs": "Nije bilo onog što sam tražio/la", "ru": "Не было нужного",
            "fa": "آنچه می‌خواستم موجود نبود", "zh-hans": "没有我要的东西",
        },
        "tone": {
            "en": "I was not treated kindly", "bs": "Nisu bili ljubazni", "ru": "Со мной были нелюбезны",
            "fa": "برخورد خوبی نشد", "zh-hans": "服务态度不好",
        },
    },
    "parts": {
        "staff": {"en": "our people", "bs": "naši ljudi", "ru": "наши сотрудники", "fa": "کارکنان ما", "zh-hans": "店员"},
        "wait": {"en": "the wait", "bs": "čekanje", "ru": "ожидание", "fa": "زمان انتظار", "zh-hans": "等待时间"},
        "choice": {"en": "the choice", "bs": "izbor", "ru": "выбор", "fa": "تنوع", "zh-hans": "商品选择"},
    },
    "marks": {
        "bad": {"en": "Bad", "bs": "Loše", "ru": "Плохо", "fa": "بد", "zh-hans": "差"},
        "fair": {"en": "Fair", "bs": "Osrednje", "ru": "Так себе", "fa": "متوسط", "zh-hans": "一般"},
        "good": {"en": "Good", "bs": "Dobro", "ru": "Хорошо", "fa": "خوب", "zh-hans": "好"},
        "great": {"en": "Great", "bs": "Odlično", "ru": "Отлично", "fa": "عالی", "zh-hans": "很好"},
    },
}  # fmt: skip
THANKS: dict[str, Any] = {
    "bad": {
        "en": "We are sorry. The manager of this shop reads your answer today.",
        "bs": "Žao nam je. Poslovođa danas čita vaš odgovor.",
        "ru": "Нам жаль. Управляющий магазином прочтёт ваш ответ сегодня.",
        "fa": "متأسفیم. مدیر فروشگاه همین امروز پاسخ شما را می‌خواند.",
        "zh-hans": "很抱歉。店长今天就会看到您的回答。",
    },
    "good": {
        "en": "We are glad, and tell the people at the counter.",
        "bs": "Drago nam je i prenijet ćemo to kolegama za pultom.",
        "ru": "Мы рады и передадим это коллегам за стойкой.",
        "fa": "خوشحالیم و به همکارانمان خواهیم گفت.",
        "zh-hans": "我们很高兴，会转告柜台的同事。",
    },
}
