def model(dbt, session):
    """What closing a gap would go with, in the report month; `gap_simulation` casts and enforces what comes out."""
    from flows.inference.gap_steps import fitted, simulation_of

    period = dbt.config.get("period")
    ratings = dbt.ref("gap_ratings").filter(f"period = '{period}' and slice = 'overall'")
    model = fitted(ratings.df(), dbt.ref("gap_recommendations").df(), dbt.ref("gap_dimensions").df(), period=period)
    return simulation_of(model, dbt.ref("gap_computed").df(), period=period)
