def model(dbt, session):
    """Kappa of every month's table; `comment_agreement` casts and enforces what comes out."""
    from flows.inference.agreement import agreements

    return agreements(dbt.ref("comment_tables").order("period, comment_polarity, score_polarity").df())
