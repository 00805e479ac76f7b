def model(dbt, session):
    """Each variant against its control; `experiments` casts and enforces what comes out."""
    from flows.inference.experiments import compare_arms

    return compare_arms(
        dbt.ref("experiment_arms").order("period, experiment, outcome, arm").df(),
        hidden_below=int(dbt.config.get("hidden_below")),
        false_discovery_rate=float(dbt.config.get("false_discovery_rate")),
    )
