"""A customer's words made fit to print: no names, numbers, addresses or links, no hidden characters, cut to length.

What is masked becomes MASK. The rules rather mask too much than too little: a quote must not say who somebody is.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from flows.inference.words import HAN, is_in_dictionary, lemma_of, simplified, without_diacritics

if TYPE_CHECKING:
    from rjieba import Jieba

    from flows.inference.lexicon import Lexicon

MASK = "[…]"
#: Characters of a quote, its mask and its ellipsis among them.
LONGEST = 240
#: Characters of a comment that are looked at.
READ = 2000

_MARK = "\ufffc"  # stands for a masked stretch until the end, since no rule takes it for a word or a number
_HAN_NUMERALS = "〇零一二三四五六七八九十百千两兩壹贰貳叁參肆伍陆陸柒捌玖"
_SPOKEN_DIGITS = {
    "en": "zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple",
    "pl": "zero|jeden|jedynka|dwa|dwójka|trzy|trójka|cztery|pięć|sześć|siedem|osiem|dziewięć",
}
#: Full-width signs that stand in addresses and numbers.
_PLAIN_SIGNS = str.maketrans("＠．－＋／＿", "@.-+/_")
_ENDINGS = "com|net|org|info|biz|eu|pl|uk|tw|cn|hk|io|app|shop|me|co|gov|edu|de|us"

_LINKS = re.compile(
    rf"(?:https?://|www\.)[^\s{HAN}<>\"]+|(?<![\w@.])(?:[a-z0-9-]+\.)+(?:{_ENDINGS})(?![a-z0-9])(?:/[^\s{HAN}<>\"]*)?",
    re.IGNORECASE,
)
_MAIL = re.compile(
    rf"[^\s{HAN}<>()\[\],;:\"]*@[^\s{HAN}<>()\[\],;:\"]*"
    r"|[\w.+-]+\s*[(\[{]\s*(?:at|małpa|malpa)\s*[)\]}]\s*[\w.-]+(?:\s*[(\[{]\s*(?:dot|kropka)\s*[)\]}]\s*\w+)*"
    r"|[\w.+-]+\s+(?:małpa|malpa)\s+[\w.-]+",
    re.IGNORECASE,
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[ -]?[0-9]{2}(?:[ -]?[A-Z0-9]{2,4}){2,8}(?![A-Za-z0-9])")
_MESSENGERS = re.compile(
    r"((?:line|wechat|whatsapp|telegram|skype|instagram|ig|facebook|fb|微信|賴|qq)\s*(?:id|号|號)?\s*[:：是]\s*)[\w.+-]+",
    re.IGNORECASE,
)
_HAN_RUN = re.compile(rf"[{_HAN_NUMERALS}](?:[\s\-—–·.]*[{_HAN_NUMERALS}]){{3,}}")
_CODE = re.compile(rf"(?:(?![{HAN}])[\w#+/]|[-.,:](?=\w))*\d(?:(?![{HAN}])[\w/]|[-.,:](?=\w))*%?")
_WORD = re.compile(rf"(?:(?![{HAN}])[^\W\d_])+(?:['’\-](?:(?![{HAN}])[^\W\d_])+)*")

_TITLES = {
    "en": "mr|mrs|ms|miss|mister|dr|doctor|prof|professor|sir|madam|lady|lord",
    "pl": "pan|pana|panu|panem|pani|panią|panie|państwo|państwa|p|dr|doktor|inż|mgr|prof",
}
#: What introduces a name in any writing, as the words before it.
_INTRODUCTIONS = {
    "en": r"my\s+name\s+is|name\s+was|name\s+is|called\s+herself|called\s+himself|regards|signed|sincerely",
    "pl": r"nazywam\s+się|mam\s+na\s+imię|imieniem|o\s+imieniu|o\s+nazwisku|pozdrawiam|podpisano",
}
_CHINESE_TITLES = (
    "先生|小姐|女士|太太|师傅|经理|老师|主任|专员|工程师|技师|店长|主管|医生|博士|同学|阿姨|总|哥|姐|叔|董"
)
_CHINESE_CUES = "我叫|名叫|名字叫|名字是|姓名是?|联系人|我姓|姓|叫做|本人"
_CHINESE_ROLES = "客服|师傅|店员|专员|经理|技师|工程师|店长|业务员|主管|员工|小姐|先生"
#: What often follows a name: says, is very, comes, helps ...
_AFTER_A_NAME = "说很态来非服真的没不超准也都帮给有在是特十让跟和人"
#: Capitals in the middle of a sentence that name nobody.
_CAPITALISED = (
    "i i'm i've i'd i'll ok okay internet wi-fi wifi monday tuesday wednesday thursday friday saturday sunday january "
    "february march april may june july august september october november december christmas easter english polish "
    "chinese państwo państwa państwu państwem pan pani pana panu panem panią wam was wami wasz wasza wasze waszej wy "
    "ci ciebie tobie ty twoja twój polska polski boże narodzenie wielkanoc mr mrs ms miss dr sir"
)
_KEPT = frozenset(_CAPITALISED.split())
_SENTENCE_END = ".!?…。！？\n"


def masked(comment: str, language: str, lexicon: Lexicon, longest: int = LONGEST) -> str:
    """``comment`` as it may be printed; ``language`` is one of ``words.LANGUAGES``.

    Masked are: e-mail addresses, links and @names; every word with a digit of any script in it, IBANs; four Chinese
    numerals or spoken digits in a row; names after a title or "my name is"; declared names (kind ``name`` of the
    lexicon); capitalised words inside a sentence, and at its beginning those no dictionary knows; Chinese personal
    names as jieba tags them, if they begin with a declared family name. Line breaks become blanks, control and format
    characters (also of the writing direction) vanish. No result is longer than ``longest`` characters.
    """
    text = _beginning(visible(comment))
    for pattern in (_MAIL, _LINKS, _IBAN):
        text = pattern.sub(_MARK, text)
    text = _MESSENGERS.sub(rf"\1{_MARK}", text)
    text = _HAN_RUN.sub(_MARK, text)
    for spoken in _SPOKEN_DIGITS.values():
        text = re.sub(rf"\b(?:{spoken})\b(?:[\s,-]+(?:{spoken})\b){{3,}}", _MARK, text, flags=re.IGNORECASE)
    text = _CODE.sub(_MARK, text)
    text = "".join(_MARK if unicodedata.category(character)[0] == "N" else character for character in text)
    text = _without_chinese_names(text, lexicon)
    text = _without_names(text, language, lexicon)
    return _shortened(" ".join(text.split()), longest)


def _beginning(text: str) -> str:
    """The first READ characters, without a word cut in two: so no long text takes the patterns below a long time."""
    if len(text) <= READ:
        return text
    words, _, _ = text[:READ].replace("\n", " ").rpartition(" ")
    return text[: len(words)] if len(words) > READ - LONGEST else text[:READ]


def visible(text: str) -> str:
    """``text`` without control, format, private and unassigned characters, letters and digits in their plain form.

    Full-width letters and digits become ordinary ones; Chinese punctuation stays. More than two marks on one letter
    are dropped. Line breaks stay.
    """
    found: list[str] = []
    marks = 0
    for character in text.replace("\r\n", "\n").replace("\r", "\n").translate(_PLAIN_SIGNS):
        category = unicodedata.category(character)
        if character.isspace() or category in {"Zl", "Zp"}:
            found.append("\n" if character in "\n\u2028\u2029\x0b\x0c\x85" else " ")
            continue
        if category[0] == "C" or character == _MARK:
            continue
        marks = marks + 1 if category[0] == "M" else 0
        if marks > 2:
            continue
        plain = character.isalnum() and not re.match(f"[{HAN}]", character)
        found.append(unicodedata.normalize("NFKC", character) if plain else character)
    return unicodedata.normalize("NFC", "".join(found))


def _without_names(text: str, language: str, lexicon: Lexicon) -> str:
    """Names in Latin letters out of ``text``."""
    names = lexicon.names("en") | lexicon.names("pl")
    for spoken in ("en", "pl"):
        titled = rf"\b(?:{_TITLES[spoken]})\b\.?\s+"
        # after a title one or two names, the first written with a capital or declared
        text = re.sub(
            rf"({titled})({_WORD.pattern})((?:\s+{_WORD.pattern})?)",
            lambda found: _titled(found, names),
            text,
            flags=re.IGNORECASE,
        )
        text = re.sub(
            rf"\b({_INTRODUCTIONS[spoken]})([\s,:]+){_WORD.pattern}(?:\s+(?!(?:and|i|a|from|z)\b){_WORD.pattern})?",
            rf"\1\2{_MARK}",
            text,
            flags=re.IGNORECASE,
        )
    words = list(_WORD.finditer(text))
    shouting = sum(word[0].isupper() for word in words) * 2 > len(words) > 3
    pieces, place, before_is_name = [], 0, False
    for word in words:
        before = text[: word.start()].rstrip(" \"'“”„«»‘’(-–—")
        begins = not before or before[-1] in _SENTENCE_END
        name = _is_name(word[0], names, lexicon, begins=begins, shouting=shouting)
        # emphasis: "VERY BAD"
        if name and word[0].isupper() and lexicon.has_term(word[0].lower(), language):
            name = without_diacritics(word[0].lower()) in names
        # "Anna Kowalska": what is written with a capital right after a name belongs to it
        if before_is_name and not shouting and word[0][0].isupper() and not text[place : word.start()].strip():
            name = True
        pieces.append(text[place : word.start()] + (_MARK if name else word[0]))
        place, before_is_name = word.end(), name
    return "".join(pieces) + text[place:]


def _titled(found: re.Match[str], names: frozenset[str]) -> str:
    title, first, second = found[1], found[2], found[3]
    if not (first[0].isupper() or without_diacritics(first.lower()) in names):
        return found[0]
    belongs = second and (second.strip()[0].isupper() or without_diacritics(second.strip().lower()) in names)
    return title + _MARK + ("" if belongs else second)


def _is_name(word: str, names: frozenset[str], lexicon: Lexicon, *, begins: bool, shouting: bool) -> bool:
    lower = word.lower()
    if any(without_diacritics(form) in names for part in lower.split("-") for form in (part, _base(part))):
        return lower not in _KEPT
    if not word[0].isupper() or lower.replace("’", "'") in _KEPT:
        return False
    if word.isupper():
        # letters that stand for something: TV, SMS
        return not shouting and len(word) > 3
    if not begins:
        return True
    return not any(is_in_dictionary(lower, known) or lexicon.has_word(lower, known) for known in ("en", "pl"))


def _base(word: str) -> str:
    return word.removesuffix("'s").removesuffix("’s") if word.endswith(("'s", "’s")) else lemma_of(word, "pl")


def _without_chinese_names(text: str, lexicon: Lexicon) -> str:
    """Chinese personal names out of ``text``, their titles stay."""
    if not re.search(f"[{HAN}]", text):
        return text
    surnames = lexicon.names("zh")
    simple = "".join(_one_simplified(character) for character in text)
    hidden = [False] * len(text)
    surname = "|".join(sorted(map(re.escape, surnames), key=lambda name: (-len(name), name))) or "(?!)"
    given = f"[{HAN}]"
    for pattern, doubtful in (
        (rf"((?:{surname}){given}{{0,2}}?)(?:{_CHINESE_TITLES})", False),
        (rf"(?:{_CHINESE_CUES})[:：，,\s]*((?:{surname}){given}{{0,2}})", False),
        (rf"(?:{_CHINESE_ROLES})((?:{surname}){given}{{1,2}}?)(?=[{_AFTER_A_NAME}\W]|$)", True),
    ):
        for found in re.finditer(pattern, simple):
            if not (doubtful and (_tagger().has_word(found[1]) or lexicon.has_term(found[1], "zh"))):
                hidden[found.start(1) : found.end(1)] = [True] * len(found[1])
    place = 0
    for word, tag in _tagger().tag(simple, hmm=True):
        begins = word[1:] if word[0] in "小老阿" else word
        if (
            tag == "nr"
            and len(word) > 1
            and begins.startswith(tuple(surnames))
            and not re.search("[你我他她们您]", word)
            and not any(lexicon.has_term(word[:size], "zh") for size in range(2, len(word) + 1))
        ):
            end = re.search(rf"(?:{_CHINESE_TITLES})?$", word).start() or len(word)
            hidden[place : place + end] = [True] * end
        place += len(word)
    return re.sub(f"{_MARK}+", _MARK, "".join(_MARK if hide else one for one, hide in zip(text, hidden, strict=True)))


@cache
def _tagger() -> Jieba:
    import rjieba

    return rjieba.Jieba()


@cache
def _one_simplified(character: str) -> str:
    one = simplified(character)
    return one if len(one) == 1 else character


def _shortened(text: str, longest: int) -> str:
    """``text`` with its masks printed, cut after a whole word where it is too long."""
    text = re.sub(rf"{_MARK}(?:[\s.,/()·-]*{_MARK})+", _MARK, text)
    shown = text.replace(_MARK, MASK)
    if len(shown) <= longest:
        return shown
    room = longest - 1
    pieces = re.findall(rf"{_MARK}|[{HAN}]|\s+|(?:(?![{HAN}{_MARK}])\S)+", text)
    kept, length = [], 0
    for piece in pieces:
        size = len(MASK) if piece == _MARK else len(piece)
        if length + size > room:
            break
        kept.append(MASK if piece == _MARK else piece)
        length += size
    return "".join(kept).rstrip(" ,;:，；：、-–—(（") + "…"
