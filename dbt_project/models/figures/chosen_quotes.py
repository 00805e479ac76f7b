def model(dbt, session):
    """The month's representative quotes, masked; `quotes` casts and enforces what comes out."""
    from flows.inference.quotes import choose_quotes

    return choose_quotes(dbt.ref("month_comments").df(), dbt.ref("lexicon").df())
