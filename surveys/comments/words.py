"""Whether words occur in a text: whole words, or beginnings that end in a star, in every script.

Both sides are brought into one shape. Case and accents do not count, for people leave them out: Bosnians write “racun”,
Russians “еще”. Persian has two keyboards for ye and kaf, and a joiner that is written or not. Chinese puts no spaces:
there each character is a word of its own, and several of them a phrase that is found anywhere.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")
ONE_LETTER = str.maketrans(
    {
        "\N{ARABIC LETTER YEH}": "\N{ARABIC LETTER FARSI YEH}",
        "\N{ARABIC LETTER ALEF MAKSURA}": "\N{ARABIC LETTER FARSI YEH}",
        "\N{ARABIC LETTER KAF}": "\N{ARABIC LETTER KEHEH}",
        "\N{ARABIC TATWEEL}": None,
        "\N{ZERO WIDTH NON-JOINER}": None,
        "\N{ZERO WIDTH JOINER}": None,
    }
)


def spoken(text: str) -> str:
    """The words of a text in the one shape, with a space around each; nothing when it has none."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    words = WORD.findall(bare.translate(ONE_LETTER))
    return f" {' '.join(words)} " if words else ""


@lru_cache(maxsize=512)
def sought(words: str) -> tuple[str, ...]:
    """What is looked for in a spoken text, of `words` that stand one a line."""
    lines = ((spoken(line), line.rstrip().endswith("*")) for line in words.splitlines())
    return tuple(said[:-1] if is_beginning else said for said, is_beginning in lines if said)


def words_for(words: Mapping[str, str], language: str) -> str:
    """Those of a language; those of all where it has none."""
    return words.get(language) or "\n".join(words.values())


def occurs(words: str, said: str) -> bool:
    """Whether one of `words`, one a line, occurs in what spoken() made of a text."""
    return any(each in said for each in sought(words))
