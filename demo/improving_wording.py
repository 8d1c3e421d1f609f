"""What Meridian Mobile tells its customers of what it changed, in their five languages."""

TITLE = {
    "en": "Is it better now?",
    "bs": "Da li je sada bolje?",
    "ru": "Стало лучше?",
    "fa": "حالا بهتر شده است؟",
    "zh-hans": "现在好些了吗？",
}
WHY = {
    "en": "What do you still miss?",
    "bs": "Šta vam još nedostaje?",
    "ru": "Чего вам ещё не хватает?",
    "fa": "هنوز چه چیزی کم است؟",
    "zh-hans": "您觉得还缺什么？",
}
SUBJECT = {
    "en": "{first_name}, you said, we did",
    "bs": "{first_name}, vi ste rekli, mi smo uradili",
    "ru": "{first_name}, вы сказали — мы сделали",
    "fa": "{first_name}، شما گفتید، ما انجام دادیم",
    "zh-hans": "{first_name}，您说了，我们做了",
}
MESSAGE = {
    "en": "Hello {first_name},\n\nyou told us: {you_said}\n\nHere is what we did: {what_we_did}\n\nIs it better now?",
    "bs": "Zdravo {first_name},\n\nrekli ste nam: {you_said}\n\nEvo šta smo uradili: {what_we_did}\n\nDa li je sada bolje?",
    "ru": "Здравствуйте, {first_name}!\n\nВы нам сказали: {you_said}\n\nВот что мы сделали: {what_we_did}\n\nСтало лучше?",
    "fa": "سلام {first_name}،\n\nشما به ما گفتید: {you_said}\n\nکاری که کردیم: {what_we_did}\n\nحالا بهتر شده است؟",
    "zh-hans": "您好，{first_name}：\n\n您告诉我们：{you_said}\n\n我们做了：{what_we_did}\n\n现在好些了吗？",
}
CALL_BACK_SAID = {
    "en": "You wait far too long on the phone, and then the line is cut.",
    "bs": "Predugo se čeka na liniji, a onda se veza prekine.",
    "ru": "Слишком долго приходится ждать на линии, а потом звонок срывается.",
    "fa": "پشت خط خیلی معطل می‌شویم و بعد تماس قطع می‌شود.",
    "zh-hans": "电话里等得太久，最后还断线了。",
}
CALL_BACK_DID = {
    "en": "Press 1 and hang up: we call you back within the hour. In the evening ten more people answer.",
    "bs": "Pritisnite 1 i spustite slušalicu: zovemo vas u roku od sat vremena. Navečer se javlja deset ljudi više.",
    "ru": "Нажмите 1 и положите трубку: мы перезвоним в течение часа. Вечером отвечают ещё десять человек.",
    "fa": "کلید ۱ را بزنید و گوشی را بگذارید: تا یک ساعت دیگر به شما زنگ می‌زنیم. عصرها ده نفر دیگر پاسخ می‌دهند.",
    "zh-hans": "按 1 后挂断即可，我们一小时内回电。晚间增加了十名客服。",
}
BILL_SAID = {
    "en": "My bill went up and nobody could tell me why.",
    "bs": "Račun je porastao, a niko mi nije znao reći zašto.",
    "ru": "Счёт вырос, и никто не мог объяснить почему.",
    "fa": "صورت‌حسابم بیشتر شد و کسی دلیلش را نمی‌دانست.",
    "zh-hans": "账单涨了，却没人能说清原因。",
}
BILL_DID = {
    "en": "The first page now says what changed since last month, line by line, and what it was for.",
    "bs": "Na prvoj stranici sada piše šta se promijenilo od prošlog mjeseca, red po red, i zašto.",
    "ru": "На первой странице теперь написано, что изменилось с прошлого месяца, строка за строкой, и за что.",
    "fa": "صفحهٔ نخست اکنون سطر به سطر می‌گوید چه چیزی نسبت به ماه پیش عوض شده و برای چه.",
    "zh-hans": "账单首页现在逐项列明与上月的变化及其原因。",
}
