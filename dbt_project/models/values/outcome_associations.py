def model(dbt, session):
    """What leaving and growing go with, by month; `associated_outcomes` casts and enforces what comes out."""
    from flows.inference.outcomes import associations

    return associations(dbt.ref("outcome_strata").df())
