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

counted as (
    select
        additive.*,
        cast(null as double) as exposure,
    from additive
    inner join kpis on additive.kpi = kpis.kpi
    where kpis.kind != 'rate'
),

-- A rate starts from its exposure, so that nothing happening is a zero; a month without any row of the KPI's own fact
-- was not delivered, and is no zero. Exposures are observed like KPIs and are not KPIs.
rates as (
    select
        kpis.kpi,
        exposures.period,
        exposures.slice,
        exposures.slice_value,
        exposures.n,
        coalesce(happened.positives, 0) as positives,
        cast(exposures.n as double) as exposure,
    from kpis
    inner join additive as exposures
        on
            kpis.exposure = exposures.kpi
            and (exposures.slice = 'overall' or list_contains(kpis.slices, exposures.slice))
    inner join additive as delivered
        on
            kpis.kpi = delivered.kpi
            and exposures.period = delivered.period
            and delivered.slice = 'overall'
    left join additive as happened
        on
            kpis.kpi = happened.kpi
            and exposures.period = happened.period
            and exposures.slice = happened.slice
            and exposures.slice_value is not distinct from happened.slice_value
    where kpis.kind = 'rate'
),

united as (
    select * from counted
    union all by name
    select * from rates
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
