def model(dbt, session):
    """Step 7 of every month; `gap_evidence` casts and enforces what comes out."""
    from flows.inference.gap_steps import evidence_of, months_of

    months = months_of(dbt.config.get("first_period"), dbt.config.get("period"))
    return evidence_of(dbt.ref("gap_initiatives").df(), dbt.ref("gap_outcomes").df(), months)
