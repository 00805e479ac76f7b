"""The lexicon: which words speak of which theme, which praise or blame, and which turn that round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from flows.inference.words import Token, Tokenizer, cleaned, simplified, without_diacritics

#: The six dimensions of the gap analysis (DOMAIN section 1).
DIMENSIONS = ("product", "service", "relationship", "convenience", "brand_image", "price")
#: Where customers meet the company.
TOUCHPOINTS = (
    "website", "app", "call_centre", "chat", "email", "staff", "technician", "delivery", "store", "billing",
    "booking", "contract", "waiting",
)  # fmt: skip
#: What a term is, and what it does to the words around it.
KINDS = {
    "word": "speaks of themes, praises (weight above 0) or blames (below 0), or both",
    "negation": "turns the next word of praise or blame round; its weight counts where there is none",
    "reversal": "turns the word of praise or blame before it round (故障都没有); its weight counts where there is none",
    "intensifier": "multiplies the next word of praise or blame by its weight",
    "contrast": "begins a clause that says something else: but",
    "conjunction": "joins two clauses or two words: and",
    "ignored": "means nothing, and hides the terms inside it",
    "name": "a name of a person, masked in quotes; of Chinese names the family name",
}
#: Terms of every language: product names, emoji.
ANY = "*"


class Entry(NamedTuple):
    """One row of the lexicon; ``is_negated``: a term of several words that begins with a negation."""

    kind: str
    themes: tuple[str, ...]
    weight: float
    parts: tuple[Token, ...]
    joined: str
    is_negated: bool


class Hit(NamedTuple):
    """A term found in a comment: the tokens from ``start`` up to ``end`` (exclusive)."""

    start: int
    end: int
    entry: Entry


class Lexicon:
    """The terms of all languages, ready to be looked up.

    ``rows``: mappings with language (one of LANGUAGES or ``*``), term, kind (one of KINDS, blank for word), themes
    (separated by blanks) and weight (a number or blank); blanks may be None or NaN.
    """

    def __init__(self, rows: Iterable[Mapping[str, object]]) -> None:
        self._rows = [{name: _text(value) for name, value in row.items()} for row in rows]
        chinese = [row for row in self._rows if row["kind"] != "name" and row["language"] in {"zh", ANY}]
        self.tokenizer = Tokenizer(
            terms=[row["term"] for row in chinese],
            splitting=[row["term"] for row in chinese if row["kind"] == "negation" and len(row["term"]) == 1],
        )
        self._indices: dict[str, dict[str, list[Entry]]] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._words: dict[str, set[str]] = {}

    def names(self, language: str) -> frozenset[str]:
        """The declared names of a language, lower case, without diacritics, in one Chinese script."""
        if language not in self._names:
            self._names[language] = self._named(language)
        return self._names[language]

    def _named(self, language: str) -> frozenset[str]:
        return frozenset(
            without_diacritics(simplified(cleaned(row["term"])))
            for row in self._rows
            if row["kind"] == "name" and row["language"] in {language, ANY}
        )

    def has_term(self, word: str, language: str) -> bool:
        """Whether the word, lower case and in Simplified characters, is a term as it stands."""
        word = without_diacritics(word)
        return any(
            entry.joined == word for entry in self._index(language).get(word[:1] if language == "zh" else word, ())
        )

    def has_word(self, word: str, language: str) -> bool:
        """Whether an English or Polish word, lower case, stands in a term, as it is or by its lemma."""
        if language not in self._words:
            entries = (entry for entries in self._index(language).values() for entry in entries)
            parts = [part for entry in entries for part in entry.parts]
            self._words[language] = {part.form for part in parts} | {part.lemma for part in parts}
        known = self._words[language]
        return any(token.form in known or token.lemma in known for token in self.tokenizer.tokens(word, language))

    def _index(self, language: str) -> dict[str, list[Entry]]:
        """The terms of one language by how they begin, the longest first; made when a comment first needs it."""
        if language not in self._indices:
            mine = [
                (row, tuple(self.tokenizer.tokens(row["term"], language)))
                for row in self._rows
                if row["kind"] != "name" and row["language"] in {language, ANY}
            ]
            negations = {parts[0].form for row, parts in mine if row["kind"] == "negation" and len(parts) == 1}
            index: dict[str, list[Entry]] = {}
            for row, parts in mine:
                if not parts:
                    continue
                joined = "".join(part.form for part in parts)
                entry = Entry(
                    row["kind"] or "word",
                    tuple(row["themes"].split()),
                    float(row["weight"] or 0),
                    parts,
                    joined,
                    len(parts) > 1 and not negations.isdisjoint({parts[0].form, parts[0].lemma}),
                )
                # a single inflected word means itself only: "works" is praise, "work" is not
                alone = len(parts) == 1 and parts[0].form != parts[0].lemma
                keys = {joined[0]} if language == "zh" else {parts[0].form} | (set() if alone else {parts[0].lemma})
                for key in keys:
                    index.setdefault(key, []).append(entry)
            for entries in index.values():
                entries.sort(key=lambda entry: -len(entry.joined))
            self._indices[language] = index
        return self._indices[language]

    def hits(self, tokens: list[Token], language: str) -> list[Hit]:
        """The terms in ``tokens``, none overlapping, the longest first from the left.

        English and Polish terms match by form or by lemma, of two equally long ones the one written alike; a term of
        one inflected word matches that form only. Chinese terms match where they begin and end with a word.
        """
        longest = self._longest_chinese if language == "zh" else self._longest
        index = self._index(language)
        found, covered = [], 0
        for place, token in enumerate(tokens):
            if place < covered or not (token.form in index or token.lemma in index or token.form[0] in index):
                continue
            hit = longest(tokens, place, index)
            if hit is not None:
                found.append(hit)
                covered = hit.end
        return found

    @staticmethod
    def _longest(tokens: list[Token], start: int, index: dict[str, list[Entry]]) -> Hit | None:
        first = tokens[start]
        entries = index.get(first.form, ())
        if first.lemma != first.form:
            entries = [*entries, *index.get(first.lemma, ())]
        best, rank = None, (0, False)
        for entry in entries:
            size = len(entry.parts)
            if size < rank[0] or start + size > len(tokens):
                continue
            exact = True
            for part, token in zip(entry.parts, tokens[start : start + size], strict=True):
                if part.form != token.form:
                    exact = False
                    if part.lemma != token.lemma or (size == 1 and part.form != part.lemma):
                        break
            else:
                if (size, exact) > rank:
                    best, rank = Hit(start, start + size, entry), (size, exact)
        return best

    @staticmethod
    def _longest_chinese(tokens: list[Token], start: int, index: dict[str, list[Entry]]) -> Hit | None:
        entries = index.get(tokens[start].form[0])
        if not entries:
            return None
        # what the text reads from here on, at each end of a word
        reads, joined = {}, ""
        for end in range(start, min(start + len(entries[0].joined), len(tokens))):
            joined += tokens[end].form
            reads[joined] = end + 1
        for entry in entries:
            if entry.joined in reads:
                return Hit(start, reads[entry.joined], entry)
        return None


def _text(value: object) -> str:
    """A cell as text; None and NaN, which is what a table makes of a blank, are blank."""
    return "" if value is None or value != value else str(value).strip()
