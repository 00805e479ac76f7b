def model(dbt, session):
    """Stated beside derived importance of the report month; `gap_drivers` casts and enforces what comes out."""
    from flows.inference.gap_steps import drivers_of, fitted

    period = dbt.config.get("period")
    ratings = dbt.ref("gap_ratings").filter(f"period = '{period}' and slice = 'overall'")
    model = fitted(ratings.df(), dbt.ref("gap_recommendations").df(), dbt.ref("gap_dimensions").df(), period=period)
    return drivers_of(model, dbt.ref("gap_computed").df(), period=period)
