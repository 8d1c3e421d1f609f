"""What Meridian Mobile's support writes to unhappy customers, and what those write back, in every language."""

from collections.abc import Mapping

Texts = Mapping[str, str]

SUBJECT: Texts = {
    "en": "Your feedback to {organisation}",
    "ru": "Ваш отзыв для {organisation}",
    "bs": "Vaše mišljenje o {organisation}",
    "fa": "نظر شما دربارهٔ {organisation}",
    "zh-hans": "您给 {organisation} 的反馈",
}
TEMPLATES: Mapping[str, Texts] = {
    "We are sorry, and look into it": {
        "en": "Dear {first_name},\n\nthank you for telling us plainly. I am sorry for the trouble, and I am looking into "
        "it myself. You will hear from me within one working day.\n\n{agent}\n{organisation}",
        "ru": "Здравствуйте, {first_name}!\n\nСпасибо за откровенный ответ. Мне жаль, что так вышло. Я сам(а) во всём "
        "разберусь и напишу вам в течение рабочего дня.\n\n{agent}\n{organisation}",
        "bs": "Poštovani/a {first_name},\n\nhvala što ste nam to otvoreno rekli. Žao mi je zbog neugodnosti i lično ću "
        "provjeriti šta se desilo. Javljam vam se u roku od jednog radnog dana.\n\n{agent}\n{organisation}",
        "fa": "{first_name} گرامی،\n\nسپاسگزارم که صریح با ما در میان گذاشتید. بابت این مشکل متأسفم و خودم آن را پیگیری "
        "می‌کنم. تا یک روز کاری دیگر به شما خبر می‌دهم.\n\n{agent}\n{organisation}",
        "zh-hans": "{first_name},您好:\n\n感谢您坦率地告诉我们。给您带来不便,我深表歉意。我会亲自跟进,并在一个工作日内"
        "给您答复。\n\n{agent}\n{organisation}",
    },
    "It is solved: please try it": {
        "en": "Dear {first_name},\n\nwe found the cause and put it right. Please try it once more and tell me in one line "
        "whether it works now. You can simply answer this mail.\n\n{agent}\n{organisation}",
        "ru": "Здравствуйте, {first_name}!\n\nМы нашли причину и всё исправили. Пожалуйста, попробуйте ещё раз и напишите "
        "одной строкой, работает ли теперь. Просто ответьте на это письмо.\n\n{agent}\n{organisation}",
        "bs": "Poštovani/a {first_name},\n\npronašli smo uzrok i otklonili ga. Molim vas da pokušate ponovo i javite mi u "
        "jednoj rečenici da li sada radi. Dovoljno je odgovoriti na ovaj mail.\n\n{agent}\n{organisation}",
        "fa": "{first_name} گرامی،\n\nعلت را پیدا و برطرف کردیم. لطفاً یک بار دیگر امتحان کنید و در یک خط بنویسید که حالا "
        "درست کار می‌کند یا نه. کافی است به همین نامه پاسخ دهید.\n\n{agent}\n{organisation}",
        "zh-hans": "{first_name},您好:\n\n我们已找到原因并修复。请再试一次,并用一句话告诉我现在是否正常。直接回复本邮件"
        "即可。\n\n{agent}\n{organisation}",
    },
    "When may we call?": {
        "en": "Dear {first_name},\n\nthis is easier to solve together on the telephone. When may I call you, and at which "
        "number?\n\n{agent}\n{organisation}",
        "ru": "Здравствуйте, {first_name}!\n\nЭто проще решить вместе по телефону. Когда и по какому номеру вам удобно "
        "позвонить?\n\n{agent}\n{organisation}",
        "bs": "Poštovani/a {first_name},\n\novo ćemo lakše riješiti zajedno telefonom. Kada vas smijem nazvati i na koji "
        "broj?\n\n{agent}\n{organisation}",
        "fa": "{first_name} گرامی،\n\nاین موضوع با یک تماس تلفنی آسان‌تر حل می‌شود. چه زمانی و با چه شماره‌ای می‌توانم با "
        "شما تماس بگیرم؟\n\n{agent}\n{organisation}",
        "zh-hans": "{first_name},您好:\n\n这件事在电话里更容易解决。请问什么时候、拨打哪个号码联系您方便?\n\n{agent}\n"
        "{organisation}",
    },
}
ACKNOWLEDGED: Texts = {
    "en": "Dear {first_name},\n\nyour message has arrived. {agent} reads it on the next working day at the latest.\n\n"
    "{organisation}",
    "ru": "Здравствуйте, {first_name}!\n\nВаше письмо получено. Его прочитает {agent}, не позднее следующего рабочего "
    "дня.\n\n{organisation}",
    "bs": "Poštovani/a {first_name},\n\nvaša poruka je stigla. {agent} će je pročitati najkasnije narednog radnog dana."
    "\n\n{organisation}",
    "fa": "{first_name} گرامی،\n\nپیام شما رسید. {agent} حداکثر تا روز کاری بعد آن را می‌خواند.\n\n{organisation}",
    "zh-hans": "{first_name},您好:\n\n您的来信已收到。{agent} 最迟会在下一个工作日阅读。\n\n{organisation}",
}
ANSWERS: Texts = {
    "en": "Thank you for the quick reply. The router was replaced yesterday, but the invoice still shows the old tariff. "
    "Could you correct that, too? I attach it.",
    "ru": "Спасибо за быстрый ответ. Роутер вчера заменили, но в счёте всё ещё старый тариф. Исправьте его, пожалуйста. "
    "Счёт прилагаю.",
    "bs": "Hvala na brzom odgovoru. Ruter je jučer zamijenjen, ali na računu je još stara tarifa. Možete li ispraviti i "
    "to? Račun šaljem u prilogu.",
    "fa": "سپاس از پاسخ سریع شما. مودم دیروز عوض شد، ولی صورتحساب هنوز تعرفهٔ قبلی را نشان می‌دهد. لطفاً آن را هم درست "
    "کنید. صورتحساب را پیوست کرده‌ام.",
    "zh-hans": "谢谢您这么快回复。路由器昨天已更换,但账单上仍是旧资费。请一并更正,账单见附件。",
}
AWAY: Texts = {
    "en": "I am away until Monday and read my mail after that.",
    "ru": "Меня не будет до понедельника, письма прочитаю после.",
    "bs": "Odsutna sam do ponedjeljka i poštu ću čitati nakon toga.",
    "fa": "تا دوشنبه در سفرم و پس از آن نامه‌هایم را می‌خوانم.",
    "zh-hans": "我外出至周一,之后再看邮件。",
}
