{{ config(contract={'enforced': true}) }}
with

figures as (
    select * from {{ ref('gap_figures') }}
),

rated as (
    select
        *,
        least(experience_n, expectation_n) as satisfaction_n,
    from figures
    where
        role = 'customer'
        and slice = 'overall'
),

told as (
    select
        'gap7_satisfaction' as kpi,
        period,
        dimension,
        satisfaction_n as n,
        satisfaction as estimate,
        satisfaction_low as estimate_low,
        satisfaction_high as estimate_high,
        satisfaction_error as estimate_error,
    from rated
    union all
    -- its interval is resampled in the report month and approximate before, so months are not compared by it
    select
        'gap7_weighted' as kpi,
        period,
        dimension,
        least(satisfaction_n, importance_n) as n,
        weighted_satisfaction as estimate,
        weighted_satisfaction_low as estimate_low,
        weighted_satisfaction_high as estimate_high,
        cast(null as double) as estimate_error,
    from rated
    union all
    select
        'gap7_gap' as kpi,
        period,
        dimension,
        experience_n as n,
        gap as estimate,
        gap_low as estimate_low,
        gap_high as estimate_high,
        cast(null as double) as estimate_error,
    from rated
    where ideal_is = 'chosen'
)

select
    kpi,
    period,
    'dimension' as slice,
    dimension as slice_value,
    cast(n as bigint) as n,
    estimate,
    estimate_low,
    estimate_high,
    estimate_error,
from told
-- what is not given, or withheld, is no figure
where estimate is not null and n > 0
order by kpi, period, slice_value
