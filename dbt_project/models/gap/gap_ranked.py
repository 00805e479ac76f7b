def model(dbt, session):
    """Step 3: the key experience of every group; `gap_rankings` casts and enforces what comes out."""
    from flows.inference.gap_steps import rankings

    return rankings(dbt.ref("gap_computed").df(), dbt.ref("gap_dimensions").df())
