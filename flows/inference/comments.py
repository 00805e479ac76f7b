"""A table of comments with their ratings, read: one row a theme, with the polarity of words and of score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.inference.agreement import score_polarity
from flows.inference.lexicon import Lexicon
from flows.inference.themes import Topic, topics_of

if TYPE_CHECKING:
    import pandas as pd

#: The columns and their types, also of no rows at all.
TYPES = {
    "comment_id": "int64",
    "theme": "string",
    "polarity": "string",
    "score": "float64",
    "comment_polarity": "string",
    "comment_score": "float64",
    "language": "string",
    "score_polarity": "string",
}


def comment_themes(comments: pd.DataFrame, lexicon: pd.DataFrame) -> pd.DataFrame:
    """``themes.topics_of`` over tables, with the polarity of the score that came with each comment.

    ``comments``: comment_id, comment, language, question_kind, score, scale_minimum, scale_maximum; ``lexicon``: the
    columns of ``Lexicon``'s rows. One row per comment and theme with the columns of TYPES.
    """
    import pandas as pd

    tags = [tag if isinstance(tag, str) else None for tag in comments["language"]]
    rows = zip(comments["comment_id"], comments["comment"], tags, strict=True)
    topics = pd.DataFrame(topics_of(rows, Lexicon(lexicon.to_dict("records"))), columns=list(Topic._fields))
    scores = (comments[name] for name in ("score", "scale_minimum", "scale_maximum", "question_kind"))
    polarity = dict(zip(comments["comment_id"], score_polarity(*scores), strict=True))
    topics["score_polarity"] = [polarity[comment_id] for comment_id in topics["comment_id"]]
    return topics.astype(TYPES)
