def model(dbt, session):
    """Which segment each triple of scores is."""
    import pandas as pd

    from flows.inference.rfm import segment_table

    return pd.DataFrame(segment_table(), columns=["recency_score", "frequency_score", "monetary_score", "value_tier"])
