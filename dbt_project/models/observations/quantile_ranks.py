def model(dbt, session):
    """Which ranks an interval of a quantile needs, for every n that occurs."""
    from flows.inference.ranks import quantile_ranks

    sizes = dbt.ref("quantile_cells").project("n, quantile").distinct().order("n, quantile").fetchall()
    return quantile_ranks(sizes)
