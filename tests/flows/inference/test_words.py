"""What a comment is written in, and the tokens under which its words are looked up."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.inference.words import LANGUAGES, Tokenizer, language_of, language_tag_of, simplified, without_diacritics


@pytest.mark.parametrize(
    ("comment", "tag", "language"),
    [
        ("客服很有耐心", None, "zh"),
        ("客服很有耐心", "en", "zh"),  # the script knows better than the tag
        ("The app 很好用", "zh-Hant", "zh"),
        ("很 good company, I recommend them to everybody I know", "en", "en"),
        ("Great service", "zh-Hans", "en"),  # no Han is never Chinese
        ("Great service", "fr", "en"),
        ("Great service", "", "en"),
        ("Obsługa ok", None, "pl"),
        ("nie polecam", None, "pl"),
        ("nie polecam", "pl-PL", "pl"),
        ("Super", "pl", "pl"),
        ("I go to the shop", None, "en"),
        ("👍", None, "en"),
    ],
)
def test_the_language_is_told_by_script_then_tag_then_words(comment, tag, language):
    assert language_of(comment, tag) == language


@pytest.mark.parametrize(
    ("comment", "tag", "told"),
    [
        ("帳單又漲了", None, "zh-Hant"),
        ("账单又涨了", None, "zh-Hans"),
        ("很好", None, "zh"),
        ("很好", "zh-TW", "zh-TW"),
        ("很好", "en", "zh"),
        ("Very good", "en-GB", "en-GB"),
        ("Bardzo dobrze, dziękuję", None, "pl"),
    ],
)
def test_the_tag_that_is_printed_is_the_delivered_one_or_the_language_with_its_script(comment, tag, told):
    assert language_tag_of(comment, tag) == told


def test_both_chinese_scripts_give_the_same_tokens():
    tokens = Tokenizer(["師傅", "講解"]).tokens
    assert tokens("師傅講解得很清楚", "zh") == tokens("师傅讲解得很清楚", "zh")


def test_a_chinese_word_is_not_found_across_the_border_of_two_others():
    """客服|務必 (customer service, by all means) holds the characters of 服務 (service)."""
    forms = [token.form for token in Tokenizer(["服務", "客服"]).tokens("客服務必改善", "zh")]
    assert forms[:2] == ["客服", "务必"]


def test_a_negation_is_cut_off_the_front_of_a_longer_word():
    forms = [token.form for token in Tokenizer(["滿意"], "不").tokens("並不滿意", "zh")]
    assert forms[-2:] == ["不", "满意"]


def test_lemma_and_form_are_without_diacritics_and_case():
    [word] = Tokenizer().tokens("Rachunków", "pl")
    assert (word.form, word.lemma) == ("rachunkow", "rachunek")
    assert without_diacritics("łódź") == "lodz"


def test_a_contraction_keeps_its_form_since_its_lemma_would_be_another_word():
    [word] = Tokenizer().tokens("haven’t", "en")
    assert word.lemma == "haven't"


def test_an_emoji_a_smiley_and_a_line_break_are_tokens_but_no_words():
    tokens = Tokenizer().tokens("ok 👍 :-)\nfine", "en")
    assert [(token.form, token.is_word) for token in tokens if not token.is_word] == [
        ("👍", False),
        (":-)", False),
        ("\n", False),
    ]


@settings(deadline=None)  # the word lists are loaded at the first word
@given(st.text(), st.sampled_from(LANGUAGES))
def test_no_text_breaks_the_tokenizer(text, language):
    for token in Tokenizer().tokens(text, language):
        assert token.form


@given(st.text(alphabet="客服務必很好網路開關門麵發後裡乾abc ，。", max_size=30))
def test_simplifying_changes_no_length(text):
    assert len(simplified(text)) == len(text)
