"""What the survey after a resolution asks, and what customers wrote elsewhere, in their languages."""

SOLVED = {
    "en": "Was it solved?",
    "bs": "Je li riješeno?",
    "ru": "Вопрос решён?",
    "fa": "آیا حل شد؟",
    "zh-hans": "问题解决了吗？",
}
WHAT_IS_LEFT = {
    "en": "What is left?",
    "bs": "Šta je ostalo?",
    "ru": "Что осталось?",
    "fa": "چه چیزی مانده است؟",
    "zh-hans": "还有什么问题？",
}
SUBJECT = {
    "en": "{first_name}, was it solved?",
    "bs": "{first_name}, je li riješeno?",
    "ru": "{first_name}, вопрос решён?",
    "fa": "{first_name}، آیا حل شد؟",
    "zh-hans": "{first_name}，问题解决了吗？",
}
MESSAGE = {
    "en": "You told us that something went wrong, and we did something about it. Did it help? One tap is enough.",
    "bs": "Rekli ste nam da nešto nije bilo u redu i nešto smo preduzeli. Je li pomoglo? Dovoljan je jedan dodir.",
    "ru": "Вы рассказали нам о проблеме, и мы приняли меры. Помогло? Достаточно одного касания.",
    "fa": "به ما گفتید مشکلی پیش آمده و ما کاری کردیم. کمکی کرد؟ یک لمس کافی است.",
    "zh-hans": "您告诉我们出了问题，我们已经处理。有帮助吗？点一下即可。",
}
REVIEWS = {
    "en": (2, "Two hours in the queue, then the line went dead. Never again."),
    "bs": (1, "Račun je opet pogrešan, treći put zaredom."),
    "ru": (2, "Обещали перезвонить и не перезвонили."),
    "fa": (1, "اینترنت سه روز قطع بود و هیچ‌کس پاسخ نداد."),
    "zh-hans": (2, "换卡之后一直没有信号。"),
}
CALL_REQUESTS = {
    "en": "About my last bill. After five, please.",
    "bs": "Zbog ugovora koji ističe, najbolje poslije 17 sati.",
    "ru": "По поводу тарифа, лучше утром.",
    "fa": "دربارهٔ صورت‌حساب، لطفاً عصر تماس بگیرید.",
    "zh-hans": "关于合约，请下午联系我。",
}
PLAYBOOK = (
    "Say sorry in the customer’s own words",
    "Look at the network map for their address",
    "Offer the technician, or the month for free",
    "Call again after a week",
)
