"""What Meridian Mobile asks, in the five languages of its customers."""

TITLES = {
    "relationship": {
        "en": "How are we doing?",
        "bs": "Kako nam ide?",
        "ru": "Как у нас получается?",
        "fa": "کار ما چطور است؟",
        "zh-hans": "我们做得怎么样？",
    },
    "after support": {
        "en": "Your call with our support",
        "bs": "Vaš razgovor s podrškom",
        "ru": "Ваш разговор с поддержкой",
        "fa": "تماس شما با پشتیبانی ما",
        "zh-hans": "您与客服的通话",
    },
    "checkout": {
        "en": "Your order with us",
        "bs": "Vaša narudžba",
        "ru": "Ваш заказ у нас",
        "fa": "سفارش شما نزد ما",
        "zh-hans": "您的订单",
    },
}
QUESTIONS = {
    "nps": {
        "en": "How likely are you to recommend Meridian Mobile to a friend or colleague?",
        "bs": "Koliko je vjerovatno da biste Meridian Mobile preporučili prijatelju ili kolegi?",
        "ru": "Насколько вероятно, что вы порекомендуете Meridian Mobile другу или коллеге?",
        "fa": "چقدر احتمال دارد مریدین موبایل را به یک دوست یا همکار پیشنهاد کنید؟",
        "zh-hans": "您有多大可能向朋友或同事推荐 Meridian Mobile？",
    },
    "csat": {
        "en": "How satisfied are you with the help you got?",
        "bs": "Koliko ste zadovoljni pomoći koju ste dobili?",
        "ru": "Насколько вы довольны полученной помощью?",
        "fa": "از کمکی که دریافت کردید چقدر راضی هستید؟",
        "zh-hans": "您对获得的帮助满意吗？",
    },
    "ces": {
        "en": "Meridian Mobile made it easy for me to place my order.",
        "bs": "Meridian Mobile mi je olakšao naručivanje.",
        "ru": "Благодаря Meridian Mobile оформить заказ было легко.",
        "fa": "مریدین موبایل ثبت سفارش را برایم آسان کرد.",
        "zh-hans": "Meridian Mobile 让我轻松完成了下单。",
    },
    "comment": {
        "en": "What is the main reason for your answer?",
        "bs": "Koji je glavni razlog za vaš odgovor?",
        "ru": "Какова главная причина вашего ответа?",
        "fa": "دلیل اصلی پاسخ شما چیست؟",
        "zh-hans": "您这样回答的主要原因是什么？",
    },
}
SUBJECTS = {
    "relationship": {
        "en": "{first_name}, how are we doing?",
        "bs": "{first_name}, kako nam ide?",
        "ru": "{first_name}, как у нас получается?",
        "fa": "{first_name}، کار ما چطور است؟",
        "zh-hans": "{first_name}，我们做得怎么样？",
    },
    "after support": {
        "en": "{first_name}, did our support help you?",
        "bs": "{first_name}, da li vam je podrška pomogla?",
        "ru": "{first_name}, помогла ли вам наша поддержка?",
        "fa": "{first_name}، پشتیبانی ما به شما کمک کرد؟",
        "zh-hans": "{first_name}，客服帮到您了吗？",
    },
    "checkout": {
        "en": "{first_name}, was ordering easy?",
        "bs": "{first_name}, da li je naručivanje bilo lako?",
        "ru": "{first_name}, легко ли было сделать заказ?",
        "fa": "{first_name}، سفارش دادن آسان بود؟",
        "zh-hans": "{first_name}，下单顺利吗？",
    },
}
MESSAGES = {
    "relationship": {
        "en": "Hello {first_name},\n\ntwo short questions, twenty seconds. Your answer is read by people.",
        "bs": "Zdravo {first_name},\n\ndva kratka pitanja, dvadeset sekundi. Vaš odgovor čitaju ljudi.",
        "ru": "Здравствуйте, {first_name}!\n\nДва коротких вопроса, двадцать секунд. Ваш ответ прочтут люди.",
        "fa": "سلام {first_name}،\n\nدو پرسش کوتاه، بیست ثانیه. پاسخ شما را آدم‌ها می‌خوانند.",
        "zh-hans": "您好，{first_name}：\n\n两个小问题，二十秒。您的回答会有人认真阅读。",
    },
    "after support": {
        "en": "Hello {first_name},\n\nyou called us lately. Did it help?",
        "bs": "Zdravo {first_name},\n\nnedavno ste nas zvali. Da li je pomoglo?",
        "ru": "Здравствуйте, {first_name}!\n\nНедавно вы нам звонили. Это помогло?",
        "fa": "سلام {first_name}،\n\nبه‌تازگی با ما تماس گرفتید. کمکی کرد؟",
        "zh-hans": "您好，{first_name}：\n\n您最近致电过我们。问题解决了吗？",
    },
    "checkout": {
        "en": "Hello {first_name},\n\nthank you for your order. Was it easy to place?",
        "bs": "Zdravo {first_name},\n\nhvala na narudžbi. Da li je bilo lako naručiti?",
        "ru": "Здравствуйте, {first_name}!\n\nСпасибо за заказ. Легко ли было его оформить?",
        "fa": "سلام {first_name}،\n\nاز سفارش شما سپاسگزاریم. ثبت آن آسان بود؟",
        "zh-hans": "您好，{first_name}：\n\n感谢您的订购。下单过程顺利吗？",
    },
}
