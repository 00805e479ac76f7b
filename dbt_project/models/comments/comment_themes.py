def model(dbt, session):
    """Themes and polarity of every comment by the lexicon; `comment_topics` casts and enforces what comes out."""
    from flows.inference.comments import comment_themes

    return comment_themes(dbt.ref("customer_comments").df(), dbt.ref("lexicon").df())
