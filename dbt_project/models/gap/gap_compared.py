def model(dbt, session):
    """Where roles see a dimension differently; `gap_roles` casts and enforces what comes out."""
    from flows.inference.gap_steps import roles

    return roles(dbt.ref("gap_computed").df())
