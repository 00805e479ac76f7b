with

curves as (
    select * from {{ ref('tenure_survival') }}
)

select
    cast(population as varchar) as population,
    cast(period as varchar) as period,
    cast(tenure_month as integer) as tenure_month,
    cast(at_risk as bigint) as at_risk,
    cast(100 * retention as double) as retention_pct,
    cast(100 * retention_low as double) as retention_low_pct,
    cast(100 * retention_high as double) as retention_high_pct,
    cast(100 * retention_fitted as double) as retention_fitted_pct,
    cast(100 * survival as double) as survival_pct,
    cast(100 * survival_low as double) as survival_low_pct,
    cast(100 * survival_high as double) as survival_high_pct,
from curves
where
    period = '{{ var("period") }}'
    and at_risk >= greatest(30, {{ var('hidden_below') }})
    and survival is not null
