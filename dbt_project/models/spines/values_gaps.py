def model(dbt, session):
    """How far the management's judgement lies from that of employees and of customers; see `role_gaps`."""
    from flows.inference.role_gaps import role_gaps

    return role_gaps(dbt.ref("role_statements").df())
