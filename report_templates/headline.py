"""The month in a sentence or two, made from all its verdicts: the whole company first, then the groups."""

from __future__ import annotations

from collections import Counter

from report_templates.language import N_
from report_templates.reading import Figure, Kpi
from report_templates.wording import Wording

#: More names are a list, not a sentence.
NAMED_AT_MOST = 3

_VERBS = {"better": N_("%(names)s improved"), "worse": N_("%(names)s worsened"), "changed": N_("%(names)s changed")}

Pairs = list[tuple[Kpi, Figure]]


def headline(words: Wording, overall: Pairs, groups: Pairs) -> str:
    """The headline from the figures of the whole company and of its groups, each with the headline KPIs first.

    It speaks of a change only where the verdict is better, worse or changed, names three at most and counts the rest.
    """
    _, month = words.language.gettext, words.report.period_label
    clear, clear_groups = ([pair for pair in pairs if pair[1].clear] for pairs in (overall, groups))
    steady, steady_groups = (sum(f.verdict == "no clear change" for _, f in pairs) for pairs in (overall, groups))
    if clear:
        said = [_("In %(month)s, %(clauses)s.", month=month, clauses=_clauses(words, clear))]
        if steady:
            said.append(
                _counted(
                    words,
                    N_("%(count)s other measure shows no clear change."),
                    N_("%(count)s other measures show no clear change."),
                    steady,
                )
            )
        if clear_groups:
            said.append(
                _counted(
                    words,
                    N_("%(count)s change in a group is clear too."),
                    N_("%(count)s changes in groups are clear too."),
                    len(clear_groups),
                )
            )
    elif clear_groups:
        opening = (
            N_("For the whole company nothing changed for certain in %(month)s, but %(clauses)s.")
            if steady
            else N_("For the whole company nothing could be compared in %(month)s, but %(clauses)s.")
        )
        said = [_(opening, month=month, clauses=_clauses(words, clear_groups))]
    elif steady + steady_groups:
        said = [
            _("Nothing changed for certain in %(month)s.", month=month),
            _counted(
                words,
                N_("%(count)s comparison was made and shows no clear change."),
                N_("%(count)s comparisons were made, and none shows a clear change."),
                steady + steady_groups,
            ),
        ]
    elif overall:
        return _("No measure could be compared in %(month)s.", month=month)
    else:
        return _("No measure could be computed for the whole company in %(month)s.", month=month)
    unjudged = [
        words.mention(kpi)
        for kpi, figure in overall
        if kpi.headline and figure.verdict in ("low base", "hidden", "new")
    ]
    if unjudged and steady + len(clear):
        said.append(_("Not judged: %(names)s.", names=words.names(unjudged)))
    return " ".join(said)


def _counted(words: Wording, one: str, many: str, amount: int) -> str:
    return words.language.ngettext(one, many, amount, count=words.numbers.count(amount))


def _clauses(words: Wording, pairs: Pairs) -> str:
    """``a and b improved, and c worsened``: what is named by verdict, what is not counted under its verdict."""
    named = _named(pairs)
    clauses = []
    for verdict, message in _VERBS.items():
        of_verdict = [pair for pair in pairs if pair[1].verdict == verdict]
        names = [_name(words, *pair) for pair in named if pair[1].verdict == verdict]
        if rest := len(of_verdict) - len(names):
            names.append(words.others(rest))
        if names:
            clauses.append(words.language.gettext(message, names=words.joined(names)))
    *first, last = clauses
    return words.language.gettext("%(first)s, and %(last)s", first=", ".join(first), last=last) if first else last


def _named(pairs: Pairs) -> Pairs:
    """Which are named: the first of each verdict, so that a worsening is never only counted, then other KPIs first."""
    verdicts: Counter[str] = Counter()
    kpis: Counter[tuple[str, str]] = Counter()
    ranked = []
    for place, (kpi, figure) in enumerate(pairs):
        ranked.append(((verdicts[figure.verdict] > 0, kpis[kpi.kpi, figure.verdict], place), place))
        verdicts[figure.verdict] += 1
        kpis[kpi.kpi, figure.verdict] += 1
    chosen = sorted(place for _, place in sorted(ranked)[:NAMED_AT_MOST])
    return [pairs[place] for place in chosen]


def _name(words: Wording, kpi: Kpi, figure: Figure) -> str:
    if figure.overall:
        return words.mention(kpi)
    return words.language.gettext("%(measure)s %(where)s", measure=words.mention(kpi), where=words.where(figure))
