"""What customers' comments are about, and whether they praise or blame it: themes and polarity by a declared lexicon.

comment ─► tokens ─► terms of the lexicon ─► clauses ─► groups of clauses about the same thing ─► topics
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from flows.inference.lexicon import Hit, Lexicon
from flows.inference.words import Token, language_of, language_tag_of

POLARITIES = ("negative", "neutral", "positive")
#: Praise and blame nearer to each other than this leave a clause neutral.
CLEAR = 0.25
#: A negated word weighs less than its opposite: "not good" is milder than "bad" (Hutto & Gilbert 2014, VADER).
NEGATED = -0.74
#: How many tokens a negation or an intensifier reaches forward.
REACH = 3
#: A clause of at most so many tokens with a theme and no judgement is an item of a list: "the price, the staff, ...".
LIST_ITEM = 3

_SENTENCE_ENDS = frozenset(".!?;。;…\n")
_COMMAS = frozenset(",、:()[]-–—/·")
#: Two negations make one in Polish ("nigdy nie zawiedli") and in spoken English; in Chinese they cancel.
_NEGATIONS_CANCEL = frozenset({"zh"})


class Topic(NamedTuple):
    """One theme of one comment; theme None where a comment has none.

    ``polarity`` and ``score`` are of what is said about the theme, ``comment_polarity`` of the whole comment. A score
    is (praise - blame) / (praise + blame), from -1 to 1 and 0 where there is neither.
    """

    comment_id: object
    theme: str | None
    polarity: str
    score: float
    comment_polarity: str
    comment_score: float
    language: str


@dataclass
class _Judgement:
    """Sums of the weights of praise and of blame."""

    praise: float = 0.0
    blame: float = 0.0

    def add(self, other: _Judgement) -> None:
        self.praise += other.praise
        self.blame += other.blame

    @property
    def polarity(self) -> str:
        balance = self.praise - self.blame
        return POLARITIES[1 if abs(balance) < CLEAR else 2 if balance > 0 else 0]

    @property
    def score(self) -> float:
        total = self.praise + self.blame
        return round((self.praise - self.blame) / total, 6) if total else 0.0


@dataclass
class _Clause:
    """What stands between two marks or joining words, and how it is joined to what went before."""

    joined_by: str
    themes: list[str] = field(default_factory=list)
    judgement: _Judgement = field(default_factory=_Judgement)
    tokens: int = 0

    @property
    def is_silent(self) -> bool:
        return not (self.judgement.praise or self.judgement.blame)


def topics_of(comments: Iterable[tuple[object, str, str | None]], lexicon: Lexicon) -> list[Topic]:
    """The topics of each (comment_id, comment, language tag or None), in the order given, themes by name.

    A clause ends at a mark, a contrast or a conjunction. One without a theme speaks of the theme before it, at the
    beginning of the one after it. A list ("staff and technicians were rude") shares its judgement. So the themes of one
    comment can differ in polarity. Blank comments have no row.
    """
    seen: dict[tuple[str, str | None], tuple] = {}
    found = []
    for comment_id, comment, tag in comments:
        if not comment or not comment.strip():
            continue
        if (comment, tag) not in seen:
            seen[comment, tag] = (_read(comment, language_of(comment, tag), lexicon), language_tag_of(comment, tag))
        (themes, whole), language = seen[comment, tag]
        for theme, judgement in themes or [(None, whole)]:
            found.append(
                Topic(comment_id, theme, judgement.polarity, judgement.score, whole.polarity, whole.score, language)
            )
    return found


def coverage(topics: Iterable[Topic]) -> tuple[int, int]:
    """How many comments have a theme, and how many there are."""
    themed: dict[object, bool] = {}
    for topic in topics:
        themed[topic.comment_id] = topic.theme is not None
    return sum(themed.values()), len(themed)


def _read(comment: str, language: str, lexicon: Lexicon) -> tuple[list[tuple[str, _Judgement]], _Judgement]:
    """The judgement of each theme, by name, and of the whole comment."""
    tokens = lexicon.tokenizer.tokens(comment, language)
    clauses = _clauses(tokens, lexicon.hits(tokens, language), language)
    whole = _Judgement()
    for clause in clauses:
        whole.add(clause.judgement)
    themes: dict[str, _Judgement] = {}
    for group in _groups(clauses):
        for theme in dict.fromkeys(group.themes):
            themes.setdefault(theme, _Judgement()).add(group.judgement)
    return sorted(themes.items()), whole


def _clauses(tokens: list[Token], hits: list[Hit], language: str) -> list[_Clause]:
    """The clauses that hold a word, each judged for itself: no negation reaches over its end."""
    starting = {hit.start: hit for hit in hits}
    found: list[_Clause] = []
    begun, joined_by, place = 0, "sentence", 0
    inside: list[Hit] = []

    def end(at: int, by: str) -> None:
        nonlocal begun, joined_by, inside
        words = sum(token.is_word for token in tokens[begun:at])
        if words or inside:
            clause = _Clause(joined_by, judgement=_judged(inside, language), tokens=words)
            for hit in inside:
                clause.themes.extend(hit.entry.themes)
            found.append(clause)
            joined_by = by
        elif _STRENGTH.index(by) > _STRENGTH.index(joined_by):
            joined_by = by
        inside = []

    while place < len(tokens):
        hit, form = starting.get(place), tokens[place].form
        after = hit.end if hit else place + 1
        if hit and hit.entry.kind in {"contrast", "conjunction"}:
            end(place, hit.entry.kind)
            begun = after
        elif hit:
            inside.append(hit)
        elif form in _SENTENCE_ENDS or form in _COMMAS:
            end(place, "sentence" if form in _SENTENCE_ENDS else "comma")
            begun = after
        place = after
    end(len(tokens), "sentence")
    return found


#: Of several marks and words between two clauses the strongest says how they are joined.
_STRENGTH = ("conjunction", "comma", "contrast", "sentence")


def _judged(hits: list[Hit], language: str) -> _Judgement:
    """The praise and blame of one clause's terms."""
    if not hits:
        return _Judgement()
    weights: list[tuple[float, int]] = []
    waiting: list[Hit] = []
    factor, factor_until = 1.0, 0
    for hit in hits:
        kind, weight = hit.entry.kind, hit.entry.weight
        if kind == "negation":
            waiting.append(hit)
        elif kind == "intensifier":
            factor, factor_until = factor * weight, hit.end + REACH
        elif kind == "reversal":
            if weights and hit.start - weights[-1][1] < REACH:
                weights[-1] = (weights[-1][0] * NEGATED, hit.end)
            else:
                weights.append((weight, hit.end))
        elif kind == "word" and weight:
            near = [negation for negation in waiting if hit.start - negation.end < REACH]
            # "nigdy nie zawiedli": the term holds the negation already
            once = bool(near) and not hit.entry.is_negated
            turned = len(near) % 2 == 1 if language in _NEGATIONS_CANCEL else once
            strength = factor if hit.start < factor_until else 1.0
            weights.append((weight * strength * (NEGATED if turned else 1.0), hit.end))
            weights.extend((far.entry.weight, far.end) for far in waiting if far not in near)
            waiting, factor = [], 1.0
    # a negation that turned nothing round speaks for itself: "nobody called back"
    weights.extend((negation.entry.weight, negation.end) for negation in waiting)
    return _Judgement(
        sum(weight for weight, _ in weights if weight > 0), -sum(weight for weight, _ in weights if weight < 0)
    )


def _groups(clauses: list[_Clause]) -> list[_Clause]:
    """Clauses about the same themes put together; empty when no clause has a theme."""
    groups: list[_Clause] = []
    leading = _Judgement()
    last_themed: _Clause | None = None
    for clause in clauses:
        if not clause.themes:
            (groups[-1].judgement if groups else leading).add(clause.judgement)
        elif last_themed is not None and _is_list(last_themed, clause):
            groups[-1].themes.extend(clause.themes)
            groups[-1].judgement.add(clause.judgement)
            last_themed = clause
        else:
            groups.append(_Clause(clause.joined_by, list(clause.themes), _Judgement(), clause.tokens))
            groups[-1].judgement.add(clause.judgement)
            last_themed = clause
    if groups:
        groups[0].judgement.add(leading)
    return groups


def _is_list(before: _Clause, after: _Clause) -> bool:
    """Whether two clauses with themes share one judgement: one of them has none, and they are joined as a list."""
    silent = [clause for clause in (before, after) if clause.is_silent]
    if not silent:
        return False
    if after.joined_by == "conjunction":
        return True
    return after.joined_by == "comma" and any(clause.tokens <= LIST_ITEM for clause in silent)
