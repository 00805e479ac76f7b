"""The table of comments as dbt hands it over, and what comes back."""

import duckdb
import pandas as pd

from flows.inference.comments import comment_themes
from flows.inference.themes import Topic


def comments(*rows: tuple) -> pd.DataFrame:
    names = ["comment_id", "comment", "language", "question_kind", "score", "scale_minimum", "scale_maximum"]
    return pd.DataFrame(rows, columns=names)


def test_each_theme_carries_the_polarity_of_the_score_beside_that_of_the_words(lexicon_rows):
    found = comment_themes(
        comments(
            (1, "Delivery was great but the bill was wrong.", "en", "nps", 7, 0, 10),
            (2, "Hello", None, "csat", 1, 1, 5),
            (3, "很满意", float("nan"), "csat", 5, 1, 5),
        ),
        pd.DataFrame(lexicon_rows),
    )
    assert list(found.columns) == [*Topic._fields, "score_polarity"]
    assert found["comment_id"].tolist() == [1, 1, 1, 2, 3]
    assert found["theme"].tolist()[:3] == ["billing", "delivery", "price"]
    assert found["score_polarity"].tolist() == ["neutral"] * 3 + ["negative", "positive"]
    assert found["language"].tolist() == ["en"] * 4 + ["zh-Hans"]


def test_no_comments_make_an_empty_table_with_its_columns_and_types(lexicon_rows):
    """Without types DuckDB took an empty column of texts for integers, and a company without comments had no build."""
    found = comment_themes(comments(), pd.DataFrame(lexicon_rows))
    assert found.empty
    types = {name: kind for name, kind, *_ in duckdb.sql("describe select * from found").fetchall()}
    assert list(types) == [*Topic._fields, "score_polarity"]
    assert (types["comment_id"], types["theme"], types["score"]) == ("BIGINT", "VARCHAR", "DOUBLE")
