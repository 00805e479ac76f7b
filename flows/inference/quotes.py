"""Representative quotes: which customers' words stand for a theme, chosen by rule and masked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from flows.inference.lexicon import Lexicon
from flows.inference.masking import MASK, masked
from flows.inference.words import language_of

if TYPE_CHECKING:
    import pandas as pd

#: No quote from a theme with fewer comments in the month (DOMAIN 2.4).
SMALLEST_GROUP = 10
QUOTES_A_GROUP = 3
#: More than so many masked places leave little to read.
MOST_MASKS = 2
#: A sentence of so many characters says something; a Chinese one with fewer.
SHORTEST = {"zh": 6}
SHORTEST_ELSE = 15
#: The columns and their types, also of no rows at all.
TYPES = {
    "theme": "string",
    "polarity": "string",
    "place": "int64",
    "quote": "string",
    "language": "string",
    "comments": "int64",
    "comment_id": "int64",
}


def choose_quotes(topics: pd.DataFrame, lexicon: pd.DataFrame) -> pd.DataFrame:
    """Up to QUOTES_A_GROUP quotes of each theme and polarity (negative, positive) of one month; columns: TYPES.

    ``topics``: one row per comment and theme with comment_id, theme, polarity, score, comment_polarity, score_polarity,
    comment, language, customer_key (None: anonymous), answered_at, response_id. ``comments`` is the number of comments
    with the theme.

    A theme needs SMALLEST_GROUP comments. Eligible is what is clear (all its words of praise or blame point one way)
    and agrees with the comment as a whole and with the writer's score; once masked it must not be too short, nor masked
    in more than MOST_MASKS places. Of the eligible ones that whose length is nearest to their median in its language
    comes first, then the newest, then by response_id and comment_id. Nobody is quoted twice in a month and no text is.
    """
    import pandas as pd

    terms = Lexicon(lexicon.to_dict("records"))
    themed = topics[topics["theme"].notna()]
    sizes = themed.groupby("theme")["comment_id"].nunique()
    clear = themed[
        themed["theme"].isin(sizes.index[sizes >= SMALLEST_GROUP])
        & themed["polarity"].isin(["negative", "positive"])
        & (themed["score"].abs() == 1)
        & (themed["comment_polarity"] == themed["polarity"])
        & (themed["score_polarity"] == themed["polarity"])
    ]
    chosen: list[tuple] = []
    quoted: set[object] = set()
    for (theme, polarity), group in clear.groupby(["theme", "polarity"], sort=True):
        place = 0
        for row, quote in _in_order(group, terms):
            customer = row.customer_key
            writer = ("comment", row.comment_id) if pd.isna(customer) else ("customer", customer)
            if writer in quoted or ("text", quote) in quoted or ("comment", row.comment_id) in quoted:
                continue
            quoted |= {writer, ("text", quote), ("comment", row.comment_id)}
            place += 1
            chosen.append((theme, polarity, place, quote, row.language, int(sizes[theme]), row.comment_id))
            if place == QUOTES_A_GROUP:
                break
    return pd.DataFrame(chosen, columns=list(TYPES)).astype(TYPES)


def _in_order(group: pd.DataFrame, terms: Lexicon) -> Iterator[tuple]:
    """The eligible rows of a group with their masked text, the best first; masked when asked for, since it is slow."""
    rows = [(row, language_of(row.comment, row.language), len(row.comment)) for row in group.itertuples()]
    median = {
        spoken: np.median([length for _, language, length in rows if language == spoken])
        for spoken in {language for _, language, _ in rows}
    }
    rows.sort(
        key=lambda each: (
            abs(each[2] / median[each[1]] - 1),
            -each[0].answered_at.timestamp(),
            str(each[0].response_id),
            str(each[0].comment_id),
        )
    )
    for row, language, _ in rows:
        quote = masked(row.comment, language, terms)
        if len(quote) >= SHORTEST.get(language, SHORTEST_ELSE) and quote.count(MASK) <= MOST_MASKS:
            yield row, quote
