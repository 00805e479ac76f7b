with

additive as (
    select * from {{ ref('observed_additive') }}
),

quantiles as (
    select * from {{ ref('observed_quantiles') }}
),

kpis as (
    select * from {{ ref('kpis') }}
),

-- Exposures are observed like KPIs and are not KPIs: what rates are told per.
counted as (
    select
        additive.* replace (
            case when kpis.kind = 'rate' then cast(exposures.n as bigint) else additive.n end as n
        ),
        cast(exposures.n as double) as exposure,
    from additive
    inner join kpis on additive.kpi = kpis.kpi
    left join additive as exposures
        on
            kpis.exposure = exposures.kpi
            and additive.period = exposures.period
            and additive.slice = exposures.slice
            and additive.slice_value is not distinct from exposures.slice_value
    where kpis.kind != 'rate' or exposures.n > 0
),

united as (
    select * from counted
    union all by name
    select * from quantiles
)

select
    kpi,
    period,
    slice,
    slice_value,
    n,
    positives,
    negatives,
    weight,
    weight_squares,
    total,
    total_squares,
    exposure,
    quantile_value,
    quantile_low,
    quantile_high,
    quantile_draws,
from united
-- A slice nobody filled says nothing that the whole does not.
qualify
    slice = 'overall'
    or bool_or(slice_value != 'not given') over (partition by kpi, slice)
