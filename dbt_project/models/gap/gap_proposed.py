def model(dbt, session):
    """Step 1 of every month and what the next cycle is to start from; `gap_brand_value` casts and enforces it."""
    from flows.inference.gap_steps import brand_values_of, months_of

    return brand_values_of(
        dbt.ref("gap_brand_values").df(),
        dbt.ref("gap_initiatives").df(),
        dbt.ref("gap_outcomes").df(),
        months_of(dbt.config.get("first_period"), dbt.config.get("period")),
    )
