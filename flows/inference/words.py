"""A comment's words: its language, its tokens, and the forms under which a token is looked up.

Lemmas of English and Polish come from simplemma, Chinese words from jieba, and OpenCC brings Traditional characters
into Simplified ones, so that a term written in either script finds both. All three carry their data with them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from opencc import OpenCC
    from simplemma import Lemmatizer

#: Languages with words of their own in the lexicon.
LANGUAGES = ("en", "pl", "zh")
#: What is longer is no word, and looking for its lemma could take long.
LONGEST_WORD = 40
HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"

_HAN = re.compile(f"[{HAN}]")
_LATIN = re.compile("[a-zà-öø-ÿāăąćĉċčďđēĕęěĝğġģłńňőœŕřśŝşšţťůűźżž]", re.IGNORECASE)
_POLISH_LETTER = re.compile("[ąćęłńśźż]", re.IGNORECASE)
#: Frequent Polish words without a Polish letter that are no English word.
_POLISH = (
    "ale bardzo bez brak byla bylo czy czekam dla dlaczego dobra dobry dobrze dziekuje gdy jak jest juz kiedy ktos lub "
    "mam mnie moja moje moj nic nie niestety nikt od oraz polecam pomoc potem prosze przez przy sa sie tak tego tylko "
    "tym wszystko zawsze ze zle"
)
_POLISH_WORDS = frozenset(_POLISH.split())
_TOKEN = re.compile(
    rf"[{HAN}]+"
    rf"|(?:(?![{HAN}])[^\W\d_])+(?:'(?:(?![{HAN}])[^\W\d_])+)*"
    r"|\d+(?:[.,:]\d+)*"
    r"|[:;=8][-o]?[)(\]\[dp/](?!\w)"
    r"|\n|[^\w\s]"
)
#: Letters that Unicode does not take apart into a plain letter and a mark.
_PLAIN_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"})


class Token(NamedTuple):
    """One token: as written (lower case, one Chinese script), and its lemma; both without diacritics."""

    form: str
    lemma: str
    is_word: bool


def cleaned(text: str) -> str:
    """``text`` in Unicode's compatibility form, lower case, without lone surrogates, straight apostrophes."""
    text = unicodedata.normalize("NFKC", text.encode("utf-8", "ignore").decode("utf-8"))
    return text.lower().replace("’", "'").replace("‘", "'").replace("`", "'").replace("\r", "\n")


def language_of(comment: str, tag: str | None = None) -> str:
    """One of LANGUAGES: what the comment is written in.

    The script decides first: more Han than Latin letters is Chinese, whatever the tag says; no Han is never Chinese.
    Then a BCP 47 ``tag`` of a known language. Then Polish letters or frequent Polish words make it Polish, and what is
    left is English.
    """
    han, latin = len(_HAN.findall(comment)), len(_LATIN.findall(comment))
    # a Chinese word says about what five letters say
    if han and han * 5 > latin:
        return "zh"
    primary = (tag or "").lower().replace("_", "-").split("-")[0]
    if primary in {"en", "pl"}:
        return primary
    if _POLISH_LETTER.search(comment):
        return "pl"
    words = re.findall(r"[a-z]+", comment.lower())
    return "pl" if any(word in _POLISH_WORDS for word in words) else "en"


def language_tag_of(comment: str, tag: str | None = None) -> str:
    """The tag to print: the delivered one where its language is that of the comment, else en, pl, zh-Hant or zh-Hans.

    Chinese without a character that differs between the scripts is plain zh.
    """
    language = language_of(comment, tag)
    if tag and tag.lower().replace("_", "-").split("-")[0] == language:
        return tag
    if language != "zh":
        return language
    text = "".join(_HAN.findall(comment))
    if _converter("t2s").convert(text) != text:
        return "zh-Hant"
    return "zh-Hans" if _converter("s2t").convert(text) != text else "zh"


def without_diacritics(text: str) -> str:
    """Many write Polish without its letters: ``obsluga`` is to find ``obsługa``."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text.translate(_PLAIN_LETTERS))
    return unicodedata.normalize("NFC", "".join(part for part in apart if unicodedata.category(part) != "Mn"))


class Tokenizer:
    """Cuts comments into tokens; ``terms`` are Chinese words that the dictionary may lack.

    A word of the dictionary that merely begins or ends with a term is taken apart there (不满意 → 不, 满意;
    客服人员 → 客服, 人员), ``splitting`` being the single characters that may be cut off its front.
    """

    def __init__(self, terms: Iterable[str] = (), splitting: Iterable[str] = ()) -> None:
        self._splitting = frozenset(splitting)
        self._segmenter = None
        self._terms = {simplified(cleaned(term)) for term in terms}
        self._lemmas: dict[tuple[str, str], Token] = {}

    def tokens(self, comment: str, language: str) -> list[Token]:
        """The tokens of ``comment`` in the order of the text; a line break is a token."""
        found: list[Token] = []
        text = cleaned(comment)
        if language == "zh":
            text = simplified(text)
        for piece in _TOKEN.findall(text):
            if _HAN.match(piece):
                words = self._chinese(piece if language == "zh" else simplified(piece))
                found.extend(Token(word, word, True) for word in words)
            elif piece[0].isalpha():
                found.append(self._word(piece, language))
            else:
                found.append(Token(piece, piece, False))
        return found

    def _word(self, word: str, language: str) -> Token:
        known = self._lemmas.get((word, language))
        if known is None:
            bare = word.removesuffix("'s")
            # "haven't" would become "have", and every "has" a negation
            lemma = bare if "'" in bare or len(bare) > LONGEST_WORD else lemma_of(bare, language)
            known = Token(without_diacritics(bare), without_diacritics(lemma), True)
            self._lemmas[word, language] = known
        return known

    def _chinese(self, run: str) -> list[str]:
        if self._segmenter is None:
            import rjieba

            self._segmenter = rjieba.Jieba()
            for term in sorted(self._terms):
                if 1 < len(term) <= 6 and _HAN.match(term):
                    self._segmenter.add_word(term, max(self._segmenter.suggest_freq(term), 200), None)
        return [part for word in self._segmenter.cut(run, hmm=False) for part in self._apart(word)]

    def _apart(self, word: str) -> list[str]:
        """A word of the dictionary that is no term, cut where a term begins or ends in it."""
        if len(word) < 2 or word in self._terms:
            return [word]
        if word[0] in self._splitting and (len(word) == 2 or word[1:] in self._terms):
            return [word[0], word[1:]]
        for size in range(len(word) - 1, 1, -1):
            if word[:size] in self._terms:
                return [word[:size], *self._apart(word[size:])]
            if word[-size:] in self._terms:
                return [*self._apart(word[:-size]), word[-size:]]
        return [word]


def lemma_of(word: str, language: str) -> str:
    """The lemma of a lower-case English or Polish word, lower case; words of other languages are their own."""
    return _lemmatizer().lemmatize(word, language).lower() if language in {"en", "pl"} and word else word


@cache
def is_in_dictionary(word: str, language: str) -> bool:
    """Whether the word list of English or Polish knows this form."""
    from simplemma import is_known

    return is_known(word, language, low_memory=True)


def simplified(text: str) -> str:
    """Chinese in Simplified characters, one for one; other text as it is."""
    return _converter("t2s").convert(text) if _HAN.search(text) else text


@cache
def _converter(direction: str) -> OpenCC:
    from opencc import OpenCC

    return OpenCC(direction)


@cache
def _lemmatizer() -> Lemmatizer:
    """The word lists stay packed: 60 MB instead of 415, and half the time to load; a lemma is asked for once a word."""
    from simplemma import Lemmatizer
    from simplemma.strategies import DefaultStrategy
    from simplemma.strategies.dictionaries import LOW_MEMORY_DICTIONARY_FACTORY

    return Lemmatizer(lemmatization_strategy=DefaultStrategy(dictionary_factory=LOW_MEMORY_DICTIONARY_FACTORY))
