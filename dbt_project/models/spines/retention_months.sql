with

curves as (
    select * from {{ ref('tenure_survival') }}
)

select
    'retention_12m' as kpi,
    cast(period as varchar) as period,
    cast('overall' as varchar) as slice,
    cast(null as varchar) as slice_value,
    cast(seen as bigint) as n,
    cast(100 * survival as double) as estimate,
    cast(100 * survival_low as double) as estimate_low,
    cast(100 * survival_high as double) as estimate_high,
    cast(100 * survival_error as double) as estimate_error,
from curves
where
    population = 'customers'
    and tenure_month = 12
    and survival is not null
