def model(dbt, session):
    """Intervals, tests and verdicts of every observation; `figures` casts and enforces what comes out."""
    from flows.inference.figures import infer

    return infer(
        dbt.ref("observations").df(),
        dbt.ref("kpis").df(),
        dbt.ref("targets").df(),
        hidden_below=int(dbt.config.get("hidden_below")),
        false_discovery_rate=float(dbt.config.get("false_discovery_rate")),
    )
