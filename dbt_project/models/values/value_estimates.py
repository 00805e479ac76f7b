def model(dbt, session):
    """What customers are worth and how unevenly; `customer_values` casts and enforces what comes out."""
    from flows.inference.customer_value import value_estimates

    period = str(dbt.config.get("period"))
    return value_estimates(
        period,
        life_tables=dbt.ref("life_tables").filter(f"period = '{period}'").df(),
        revenue=dbt.ref("contract_revenue_sums").df(),
        profits=dbt.ref("profit_sums").df(),
        cells=dbt.ref("buyer_cells").df(),
        discount_rate=float(dbt.config.get("discount_rate")),
        horizon_months=int(dbt.config.get("horizon_months")),
    )
