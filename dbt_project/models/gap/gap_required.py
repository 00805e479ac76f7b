def model(dbt, session):
    """Steps 5 and 6 of every month; `gap_requirements` casts and enforces what comes out."""
    from flows.inference.gap_steps import requirements_of

    return requirements_of(
        dbt.ref("gap_computed").df(), dbt.ref("gap_initiatives").df(), period=dbt.config.get("period")
    )
