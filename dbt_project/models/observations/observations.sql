with

additive as (
    select * from {{ ref('observed_additive') }}
),

quantiles as (
    select * from {{ ref('observed_quantiles') }}
),

clusters as (
    select * from {{ ref('observed_clusters') }}
),

ratios as (
    select * from {{ ref('observed_ratios') }}
),

spreads as (
    select * from {{ ref('observed_spreads') }}
),

survivals as (
    select * from {{ ref('observed_survivals') }}
),

estimates as (
    select * from {{ ref('observed_estimates') }}
),

kpis as (
    select * from {{ ref('kpis') }}
),

counted as (
    select
        additive.* exclude (n, positives),
        -- a mix tells each level's share of the whole
        coalesce(wholes.n, additive.n) as n,
        case when wholes.n is null then additive.positives else additive.n end as positives,
        cast(null as double) as exposure,
        clusters.clusters,
        clusters.cluster_squares,
        clusters.cluster_cross,
        clusters.cluster_total_squares,
    from additive
    inner join kpis on additive.kpi = kpis.kpi
    left join additive as wholes
        on
            kpis.kind = 'mix'
            and additive.kpi = wholes.kpi
            and additive.period = wholes.period
            and wholes.slice = 'overall'
    left join clusters
        on
            additive.kpi = clusters.kpi
            and additive.period = clusters.period
            and additive.slice = clusters.slice
            and additive.slice_value is not distinct from clusters.slice_value
    where
        kpis.kind != 'rate'
        and not (kpis.kind = 'mix' and additive.slice = 'overall')
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
    union all by name
    select * from ratios
    union all by name
    select * from spreads
    union all by name
    select * from survivals
    union all by name
    select * from estimates
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
    small_sample,
    clusters,
    cluster_squares,
    cluster_cross,
    cluster_total_squares,
    cluster_mean_squares,
    group_numbers,
    group_numerators,
    group_denominators,
    life_times,
    life_events,
    life_censored,
    estimate,
    estimate_low,
    estimate_high,
    estimate_error,
from united
-- A slice nobody filled says nothing that the whole does not.
qualify
    slice = 'overall'
    or bool_or(slice_value != 'not given') over (partition by kpi, slice)
