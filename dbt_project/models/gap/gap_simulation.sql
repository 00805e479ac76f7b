with

gap_simulated as (
    select * from {{ ref('gap_simulated') }}
)

select
    cast(period as varchar) as period,
    cast(dimension as varchar) as dimension,
    cast(is_key as boolean) as is_key,
    cast(experience as double) as experience,
    cast(ideal as double) as ideal,
    cast(gap as double) as gap,
    cast(slope as double) as slope,
    cast(effect as double) as effect,
    cast(effect_low as double) as effect_low,
    cast(effect_high as double) as effect_high,
    cast(outcome_mean as double) as outcome_mean,
    cast(expected as double) as expected,
    cast(expected_low as double) as expected_low,
    cast(expected_high as double) as expected_high,
from gap_simulated
order by period, dimension
