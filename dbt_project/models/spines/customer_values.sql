with

found as (
    select * from {{ ref('value_estimates') }}
)

select
    cast(kpi as varchar) as kpi,
    cast(period as varchar) as period,
    cast('overall' as varchar) as slice,
    cast(null as varchar) as slice_value,
    cast(n as bigint) as n,
    cast(estimate as double) as estimate,
    cast(estimate_low as double) as estimate_low,
    cast(estimate_high as double) as estimate_high,
    cast(estimate_error as double) as estimate_error,
    cast(note as varchar) as note,
from found
