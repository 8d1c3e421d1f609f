"""What the demo's customers write, in their own language: by how they feel and what it is about."""

UNHAPPY, MIDDLING, HAPPY = "unhappy", "middling", "happy"

# A line per feeling; each comment carries the root cause that staff will find behind it ("" where nobody asks).
COMMENTS: dict[str, dict[str, list[tuple[str, str]]]] = {
    "en": {
        UNHAPPY: [
            ("I waited 40 minutes on the phone and then the line was cut.", "Waiting time"),
            ("My bill went up by twelve dollars and nobody told me why.", "Billing"),
            ("No signal in my own kitchen since the new mast went live.", "Network coverage"),
            ("Three different people told me three different things about my contract.", "Wrong information"),
            ("The technician did not come, twice, and I took a day off for it.", "Missed appointment"),
            (
                "Internet drops every evening around eight. Restarting the box does not help.",
                "Network coverage",
            ),
            ("Cancelling should not be harder than signing up.", "Contract terms"),
        ],
        MIDDLING: [
            ("It works. The app could be faster.", ""),
            ("Good network, but the price is a little high for what I use.", ""),
            ("Support was friendly, the answer took two days.", ""),
            ("Fine most of the time.", ""),
            ("The new device is of good quality, but delivery took a week.", ""),
        ],
        HAPPY: [
            ("The young man in the shop set up everything for my mother. Wonderful.", ""),
            ("Never had a problem in four years.", ""),
            ("Fast answer, fair price, no fuss.", ""),
            ("The new router is so much better, thank you!", ""),
            ("You called me back exactly when you said you would.", ""),
        ],
    },
    "bs": {
        UNHAPPY: [
            ("Čekao sam pola sata na liniji i niko se nije javio.", "Waiting time"),
            ("Račun je ovaj mjesec veći, a niko ne zna objasniti zašto.", "Billing"),
            ("Signal u stanu je sve slabiji, razgovor se stalno prekida.", "Network coverage"),
            ("Majstor nije došao u dogovoreno vrijeme, ni prvi ni drugi put.", "Missed appointment"),
            ("U poslovnici su mi rekli jedno, na telefonu sasvim drugo.", "Wrong information"),
        ],
        MIDDLING: [
            ("Uglavnom sve radi, ali bi cijena mogla biti povoljnija.", ""),
            ("Dobra mreža, aplikacija je malo spora.", ""),
            ("Solidno, ima mjesta za napredak.", ""),
            ("Kvalitet uređaja je dobar, ali je dostava trajala sedmicu.", ""),
        ],
        HAPPY: [
            ("Ljubazna gospođa mi je sve objasnila, svaka čast.", ""),
            ("Brz internet i poštena cijena. Preporučujem.", ""),
            ("Riješili ste problem istog dana, hvala!", ""),
            ("Godinama sam s vama i sve je kako treba.", ""),
        ],
    },
    "ru": {
        UNHAPPY: [
            ("Сорок минут музыки в трубке, а потом звонок сорвался.", "Waiting time"),
            ("Счёт вырос, а объяснить почему никто не может.", "Billing"),
            ("Дома почти нет сети, разговаривать невозможно.", "Network coverage"),
            ("Мастер не пришёл и даже не позвонил.", "Missed appointment"),
            ("Каждый оператор говорит разное о моём тарифе.", "Wrong information"),
        ],
        MIDDLING: [
            ("В целом нормально, но приложение тормозит.", ""),
            ("Связь хорошая, цена высоковата.", ""),
            ("Пока устраивает.", ""),
            ("Качество телефона хорошее, но доставка заняла неделю.", ""),
        ],
        HAPPY: [
            ("Всё быстро подключили и подробно объяснили. Спасибо!", ""),
            ("Пользуюсь три года, ни одной проблемы.", ""),
            ("Перезвонили ровно тогда, когда обещали.", ""),
            ("Отличная поддержка, вежливые люди.", ""),
        ],
    },
    "fa": {
        UNHAPPY: [
            ("چهل دقیقه پشت خط ماندم و بعد تماس قطع شد.", "Waiting time"),
            ("صورتحسابم بیشتر شده و هیچ‌کس نمی‌گوید چرا.", "Billing"),
            ("در خانه تقریباً آنتن ندارم و تماس‌ها مدام قطع می‌شود.", "Network coverage"),
            ("تکنسین در زمان قرار نیامد و خبری هم نداد.", "Missed appointment"),
            ("هر کارشناس درباره قراردادم چیز متفاوتی گفت.", "Wrong information"),
        ],
        MIDDLING: [
            ("در کل خوب است، ولی برنامه کمی کند است.", ""),
            ("شبکه خوب است، اما قیمت کمی بالاست.", ""),
            ("بد نیست، می‌تواند بهتر باشد.", ""),
            ("کیفیت دستگاه خوب است، اما ارسال آن یک هفته طول کشید.", ""),
        ],
        HAPPY: [
            ("همکارتان با حوصله همه چیز را توضیح داد. سپاسگزارم.", ""),
            ("سرعت اینترنت عالی و قیمت منصفانه است.", ""),
            ("مشکلم همان روز حل شد، ممنون!", ""),
        ],
    },
    "zh-hans": {
        UNHAPPY: [
            ("电话等了四十分钟，最后还断线了。", "Waiting time"),
            ("这个月账单多了，没人能说清楚原因。", "Billing"),
            ("家里信号很差，通话总是中断。", "Network coverage"),
            ("约好的师傅没有来，也没有打电话。", "Missed appointment"),
            ("关于合同，每个客服的说法都不一样。", "Wrong information"),
        ],
        MIDDLING: [
            ("总体还可以，应用有点慢。", ""),
            ("网络不错，价格偏高。", ""),
            ("一般，还有进步空间。", ""),
            ("手机质量不错，但快递走了一个星期。", ""),
        ],
        HAPPY: [
            ("店员非常耐心，帮我把一切都设置好了。", ""),
            ("网速快，价格公道，推荐！", ""),
            ("当天就解决了问题，谢谢！", ""),
        ],
    },
}

ASKED_OF_CUSTOMERS = [
    "They send us a photo of the last bill.",
    "They try the new router settings over the weekend and tell us.",
    "They look for the receipt.",
    "They ask at home which day suits the engineer's visit.",
]
CALL_NOTES = [
    "Called, apologised and listened. They want to see it fixed, not a discount.",
    "Reached them on the second try. Explained what happened and what we do next.",
    "Called back at the agreed time. They were surprised that somebody did.",
    "Wrote and called; they asked for the technician on Saturday morning.",
    "Spoke for ten minutes. The bill was indeed wrong; credit note is on its way.",
]
STAFF_NOTES = [
    "Second complaint from this street this month. Told the network team.",
    "Long-standing customer. Please be quick.",
    "Prefers to be called after six.",
]
RESOLUTIONS = [
    "Technician came, signal is fine now. Customer thanked us.",
    "Credit note sent, next bill checked.",
    "Contract changed to what was promised in the shop.",
    "New router sent; they confirmed that it works.",
]
ROOT_CAUSES = {
    "Money": ["Billing", "Contract terms"],
    "Network": ["Network coverage"],
    "Service": ["Missed appointment", "Waiting time", "Wrong information"],
}
# How customers speak of the network, for a topic of the comments.
NETWORK_WORDS = {
    "en": ["network", "signal", "coverage", "internet", "mast", "router"],
    "bs": ["mrež*", "signal*", "internet*", "pokrivenost*"],
    "ru": ["сеть", "сети", "связь", "связи", "сигнал*", "интернет*", "покрыти*"],
    "fa": ["شبکه*", "آنتن*", "اینترنت*", "تماس‌ها"],
    "zh-hans": ["网络", "网速", "信号", "覆盖"],
}
