with

compared as (
    select * from {{ ref('compared_arms') }}
)

select
    cast(period as varchar) as period,
    cast(experiment as varchar) as experiment,
    cast(outcome as varchar) as outcome,
    cast(control as varchar) as control,
    cast(variant as varchar) as variant,
    cast(unit as varchar) as unit,
    cast(assigned as bigint) as assigned,
    cast(control_assigned as bigint) as control_assigned,
    cast(n as bigint) as n,
    cast(control_n as bigint) as control_n,
    cast(value as double) as value, -- noqa: RF04
    cast(control_value as double) as control_value,
    cast(difference as double) as difference,
    cast(low as double) as low,
    cast(high as double) as high,
    cast(lift_pct as double) as lift_pct,
    cast(lift_low_pct as double) as lift_low_pct,
    cast(lift_high_pct as double) as lift_high_pct,
    cast(p as double) as p,
    cast(q as double) as q,
    cast(sample_ratio_p as double) as sample_ratio_p,
    cast(intention_to_treat as boolean) as intention_to_treat,
    cast(verdict as varchar) as verdict,
from compared
order by period, experiment, outcome, variant
