def model(dbt, session):
    """Steps 2 to 4 of every month, one at a time; `gap_figures` casts and enforces what comes out."""
    from flows.inference.gap_steps import figures

    ratings = dbt.ref("gap_ratings")
    months = [month for (month,) in ratings.project("period").distinct().order("period").fetchall()]
    return figures(
        (ratings.filter(f"period = '{month}'").df() for month in months),
        dbt.ref("gap_ideals").df(),
        dbt.ref("gap_dimensions").df(),
        period=dbt.config.get("period"),
        partitions=str(dbt.config.get("slices")).split(),
        hidden_below=int(dbt.config.get("hidden_below")),
    )
