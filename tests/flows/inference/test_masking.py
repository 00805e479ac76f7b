"""What a quote may show of a person: nothing that names, numbers or reaches one."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.inference.lexicon import Lexicon
from flows.inference.masking import LONGEST, MASK, masked, visible
from flows.inference.themes import topics_of
from flows.inference.words import LANGUAGES


@pytest.mark.parametrize(
    ("language", "comment", "printed"),
    [
        # English
        ("en", "Mr Smith was rude", "Mr […] was rude"),
        ("en", "thanks to mrs. smith and Dr O'Neill", "thanks to mrs. […] and Dr […]"),
        ("en", "I spoke to Xavier in Leeds.", "I spoke to […] in […]."),
        ("en", "Anna Kowalska helped me. Great!", "[…] helped me. Great!"),
        ("en", "Xiaoming fixed it on Monday", "[…] fixed it on Monday"),
        ("en", "my name is john smith and I want a refund", "my name is […] and I want a refund"),
        ("en", "SMITH WAS RUDE AND SLOW", "[…] WAS RUDE AND SLOW"),
        ("en", "The technician was GREAT, my TV works", "The technician was GREAT, my TV works"),
        ("en", "call me on +44 (0) 20 7946 0958", "call me on […]"),
        ("en", "my number is oh five five double one two", "my number is […]"),
        ("en", "I waited two weeks, called three times", "I waited two weeks, called three times"),
        ("en", "order A-10293-XY of 1,299.00 was late", "order […] of […] was late"),
        ("en", "see https://x.example/a?b=c or www.example.com/me.", "see […] or […]"),
        ("en", "profile at example.com/anna", "profile at […]"),
        ("en", "write to j.smith@example.co.uk please", "write to […] please"),
        ("en", "write to j.smith (at) example (dot) com", "write to […]"),
        ("en", "tweet @annak or telegram: anna.k", "tweet […] or telegram: […]"),
        ("en", "refund to GB29 NWBK 6016 1331 9268 19 now", "refund to […] now"),
        # Polish
        ("pl", "Pani Ania z infolinii pomogła", "Pani […] z infolinii pomogła"),
        ("pl", "pan marek był miły", "pan […] był miły"),
        ("pl", "Rozmawiałem z panią Katarzyną Zielińską w Gdańsku", "Rozmawiałem z panią […] w […]"),
        ("pl", "Dziękuję Państwu, Najbliższy punkt jest daleko", "Dziękuję Państwu, […] punkt jest daleko"),
        ("pl", "Najbliższy punkt jest daleko", "Najbliższy punkt jest daleko"),
        ("pl", "nazywam się jan kowalski", "nazywam się […]"),
        ("pl", "konto PL61 1090 1014 0000 0712 1981 2874.", "konto […]."),
        ("pl", "Proszę dzwonić 501-234-567", "Proszę dzwonić […]"),
        ("pl", "telefon: pięć zero jeden dwa trzy", "telefon: […]"),
        ("pl", "mail jan.kowalski małpa poczta.pl", "mail […]"),
        # Traditional Chinese
        ("zh", "王先生的服務很好，陳小姐也很有耐心", "[…]先生的服務很好，[…]小姐也很有耐心"),
        ("zh", "這位先生很熱心", "這位先生很熱心"),
        ("zh", "電話是零九一二三四五六七八", "電話是[…]"),
        ("zh", "等了三天，打了兩次", "等了三天，打了兩次"),
        ("zh", "電話：０９１２－３４５－６７８，信箱anna＠example.com謝謝", "電話：[…]，信箱[…]謝謝"),
        ("zh", "訂單ＡＢ１２３４５還沒到，師傅李大明說明天", "訂單[…]還沒到，師傅[…]說明天"),
        # Simplified Chinese
        ("zh", "客服张伟明态度很好，小王也不错", "客服[…]态度很好，[…]也不错"),
        ("zh", "我叫欧阳娜娜，微信号：abc_xyz", "我叫[…]，微信号：[…]"),
        ("zh", "谢谢你们，小程序很好用", "谢谢你们，小程序很好用"),
        ("zh", "欧阳经理和李总都来了", "[…]经理和[…]总都来了"),
        ("zh", "等了①②天，花了٣٤元", "等了[…]天，花了[…]元"),
    ],
)
def test_a_quote_names_and_numbers_nobody(lexicon, language, comment, printed):
    assert masked(comment, language, lexicon) == printed


def test_a_name_the_company_declares_is_masked_in_any_case():
    own = Lexicon([{"language": "en", "term": "Bluebell", "kind": "name", "themes": "", "weight": ""}])
    assert masked("I met bluebell and bluebell's colleague", "en", own) == "I met […] and […] colleague"


def test_hidden_characters_vanish_and_line_breaks_become_blanks():
    assert visible("a\u202eb\u200bc\x00d\ufeff\r\ne\u2066") == "abcd\ne"
    assert visible("Ａｂｃ，。！") == "Abc，。！"
    assert visible("z" + "\u0301" * 30) == unicodedata.normalize("NFC", "z\u0301\u0301")


def test_a_long_quote_is_cut_after_a_whole_word(lexicon):
    cut = masked("word " * 100, "en", lexicon)
    assert len(cut) <= LONGEST
    assert cut.endswith("word…")
    assert masked("很好" * 300, "zh", lexicon, longest=20) == "很好" * 9 + "很…"
    assert masked("one word", "en", lexicon, longest=6) == "one…"


@pytest.mark.parametrize("piece", ["a", " ", "\n", "a.", "a@", "1", "一", "王", "A ", "mr ", "[", "a-", "\u0301"])
def test_a_very_long_comment_takes_no_longer_than_others(lexicon, piece):
    """Somebody's hundred thousand characters must not hold up a build; patterns that go back are given 2,000."""
    masked(piece, "en", lexicon)
    started = time.process_time()
    for language in LANGUAGES:
        assert len(masked(piece * 100_000, language, lexicon)) <= LONGEST
        topics_of([(1, piece * 20_000, language)], lexicon)
    assert time.process_time() - started < 10


PIECES = (
    "Anna call 0912 ٣٤٥ １２３ ² ½ Ⅷ 一二三四 五 @ a@b.pl www.x.com 王先生 。 \u202e \n pan - A1-B2 PL61 1090 1014 "
    "٪ 零 \x07 https://x 很好 é \U00010107"
)
ANY_TEXT = (
    st.text()
    | st.lists(st.sampled_from(PIECES.split(" ")), max_size=20).map(" ".join)
    | st.text(alphabet="0١２一二𝟛①Ⅻ〇aA .-@", max_size=40)
)


@settings(deadline=None)
@given(ANY_TEXT, st.sampled_from(LANGUAGES), st.integers(10, 300))
def test_no_digit_address_or_hidden_character_survives(lexicon, text, language, longest):
    printed = masked(text, language, lexicon, longest)
    assert len(printed) <= longest
    assert "@" not in printed
    assert "www." not in printed.lower()
    assert "://" not in printed
    for character in printed:
        category = unicodedata.category(character)
        assert category[0] not in "NC", f"U+{ord(character):04X}"
        assert not character.isdigit()
    assert printed.replace(MASK, "").strip("… ") == "" or text.strip()


@settings(deadline=None)
@given(
    st.sampled_from(["Mr {}", "pani {}", "my name is {}", "I met {} today"]), st.sampled_from(["Zorblax", "Ławrynow"])
)
def test_a_name_nobody_knows_is_masked_after_a_title_and_inside_a_sentence(lexicon, sentence, name):
    for language in ("en", "pl"):
        assert name not in masked(sentence.format(name), language, lexicon)
