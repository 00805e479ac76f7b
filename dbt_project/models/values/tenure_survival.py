def model(dbt, session):
    """Curves over tenure; `retention_months` and `retention_curve` cast and enforce what comes out."""
    from flows.inference.tenure import survival_by_tenure

    return survival_by_tenure(dbt.ref("life_tables").df())
