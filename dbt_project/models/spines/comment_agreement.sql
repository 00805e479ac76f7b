with

measured as (
    select * from {{ ref('measured_agreement') }}
)

select
    'sentiment_kappa' as kpi,
    cast(period as varchar) as period,
    'overall' as slice, -- noqa: RF04
    cast(null as varchar) as slice_value,
    cast(n as bigint) as n,
    cast(kappa as double) as estimate,
    cast(low as double) as estimate_low,
    cast(high as double) as estimate_high,
    cast(standard_error as double) as estimate_error,
from measured
