"""Invents who the demo's customers are: the same person for the same customer id, every time."""

import csv
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

CUSTOMERS_FILE = Path(__file__).parent / "data" / "telco_customers.csv"
PREFERS_SMS = 9  # one in so many
LANGUAGES = {"en": 44, "bs": 22, "ru": 14, "fa": 10, "zh-hans": 10}
COUNTRIES = {"en": "US", "bs": "BA", "ru": "RS", "fa": "DE", "zh-hans": "US"}
TIME_ZONES = {
    "en": "America/New_York",
    "bs": "Europe/Sarajevo",
    "ru": "Europe/Belgrade",
    "fa": "Europe/Berlin",
    "zh-hans": "America/Los_Angeles",
}
# Names as they are written, and how they look in an address.
FIRST_NAMES: dict[str, dict[str, list[tuple[str, str]]]] = {
    "en": {
        "Female": [
            (n, n.lower()) for n in ("Emma", "Olivia", "Grace", "Hannah", "Chloe", "Ruth", "Naomi", "Alice")
        ],
        "Male": [
            (n, n.lower())
            for n in ("James", "Oliver", "Henry", "Samuel", "Daniel", "Marcus", "Peter", "Adam")
        ],
    },
    "bs": {
        "Female": [
            ("Amina", "amina"),
            ("Lejla", "lejla"),
            ("Selma", "selma"),
            ("Džana", "dzana"),
            ("Ivana", "ivana"),
        ],
        "Male": [
            ("Tarik", "tarik"),
            ("Emir", "emir"),
            ("Adnan", "adnan"),
            ("Željko", "zeljko"),
            ("Senad", "senad"),
        ],
    },
    "ru": {
        "Female": [
            ("Анна", "anna"),
            ("Мария", "maria"),
            ("Ольга", "olga"),
            ("Елена", "elena"),
            ("Юлия", "yulia"),
        ],
        "Male": [
            ("Иван", "ivan"),
            ("Дмитрий", "dmitry"),
            ("Сергей", "sergey"),
            ("Павел", "pavel"),
            ("Олег", "oleg"),
        ],
    },
    "fa": {
        "Female": [
            ("زهرا", "zahra"),
            ("مریم", "maryam"),
            ("سارا", "sara"),
            ("نرگس", "narges"),
            ("لیلا", "leila"),
        ],
        "Male": [("علی", "ali"), ("رضا", "reza"), ("امیر", "amir"), ("حسین", "hossein"), ("مهدی", "mehdi")],
    },
    "zh-hans": {
        "Female": [("芳", "fang"), ("娜", "na"), ("秀英", "xiuying"), ("丽", "li"), ("静", "jing")],
        "Male": [("伟", "wei"), ("强", "qiang"), ("磊", "lei"), ("军", "jun"), ("洋", "yang")],
    },
}
LAST_NAMES: dict[str, list[tuple[str, str]]] = {
    "en": [
        (n, n.lower()) for n in ("Walker", "Bennett", "Hughes", "Foster", "Reed", "Coleman", "Barnes", "Ward")
    ],
    "bs": [
        ("Hadžić", "hadzic"),
        ("Kovačević", "kovacevic"),
        ("Begić", "begic"),
        ("Delić", "delic"),
        ("Marić", "maric"),
    ],
    "ru": [("Коваленко", "kovalenko"), ("Мороз", "moroz"), ("Лысенко", "lysenko"), ("Бондарь", "bondar")],
    "fa": [
        ("احمدی", "ahmadi"),
        ("کریمی", "karimi"),
        ("رضایی", "rezaei"),
        ("موسوی", "mousavi"),
        ("جعفری", "jafari"),
    ],
    "zh-hans": [("王", "wang"), ("李", "li"), ("张", "zhang"), ("刘", "liu"), ("陈", "chen"), ("杨", "yang")],
}
AREA_CODES = [
    int(code)
    for code in [
        "201",
        "202",
        "203",
        "205",
        "206",
        "207",
        "208",
        "209",
        "210",
        "212",
        "213",
        "214",
        "215",
        "216",
        "217",
        "218",
        "219",
        "224",
        "225",
        "228",
        "229",
        "231",
        "234",
        "239",
        "240",
        "248",
        "251",
        "252",
        "253",
        "254",
        "256",
        "260",
        "262",
        "267",
        "269",
        "270",
        "272",
        "276",
        "281",
        "301",
        "302",
        "303",
        "304",
        "305",
        "307",
        "308",
        "309",
        "310",
        "312",
        "313",
        "314",
        "315",
        "316",
        "317",
        "318",
        "319",
        "320",
        "321",
        "323",
        "325",
        "330",
        "331",
        "334",
        "336",
        "337",
        "339",
        "347",
        "351",
        "352",
        "360",
        "361",
        "385",
        "386",
        "401",
        "402",
        "404",
        "405",
        "406",
        "407",
        "408",
    ]
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One customer of the data set with an invented name; `row` is the data set's own line."""

    number: int
    external_id: str
    first_name: str
    last_name: str
    email: str
    phone: str
    language: str
    country: str
    time_zone: str
    row: dict[str, str]

    @property
    def tenure(self) -> int:
        """Months as a customer."""
        return int(self.row["tenure"])

    @property
    def has_churned(self) -> bool:
        return self.row["Churn"] == "Yes"

    def customer_since(self, today: date) -> date:
        return today - timedelta(days=30 * self.tenure + self.number % 28)

    def as_columns(self, today: date) -> dict[str, Any]:
        """The line of the import file that brings this customer in."""
        return {
            "external_id": self.external_id,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
            "phone": self.phone,
            "language": self.language,
            "country": self.country,
            "time_zone": self.time_zone,
            "customer_since": self.customer_since(today).isoformat(),
            "contract": self.row["Contract"],
            "monthly_charges": self.row["MonthlyCharges"],
            "tenure_months": self.row["tenure"],
            "internet": self.row["InternetService"],
            "payment_method": self.row["PaymentMethod"],
            "churned": self.row["Churn"].lower(),
            "preferred_channel": "sms" if self.number % PREFERS_SMS == 0 else "",
        }


def dice_of(*words: object) -> random.Random:
    """Dice that fall the same way for the same words."""
    return random.Random(hashlib.sha256("/".join(map(str, words)).encode()).digest())


def people() -> Iterator[Person]:
    """The data set's 7,043 customers, in its order."""
    with CUSTOMERS_FILE.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file)):
            yield invent(number, row)


def invent(number: int, row: dict[str, str]) -> Person:
    dice = dice_of(row["customerID"])
    [language] = dice.choices(list(LANGUAGES), weights=list(LANGUAGES.values()))
    first_name, latin_first = dice.choice(FIRST_NAMES[language][row["gender"]])
    last_name, latin_last = dice.choice(LAST_NAMES[language])
    area, line = divmod(number, 100)
    return Person(
        number=number,
        external_id=row["customerID"],
        first_name=first_name,
        last_name=last_name,
        email=f"{latin_first}.{latin_last}.{number}@customers.example",
        phone=f"+1{AREA_CODES[area]}55501{line:02}",
        language=language,
        country=COUNTRIES[language],
        time_zone=TIME_ZONES[language],
        row=row,
    )
