with

gap_modelled as (
    select * from {{ ref('gap_modelled') }}
)

select
    cast(period as varchar) as period,
    cast(dimension as varchar) as dimension,
    cast(position as integer) as position,
    cast(n as bigint) as n,
    cast(minimum_cases as bigint) as minimum_cases,
    cast(r_squared as double) as r_squared,
    cast(rated as bigint) as rated,
    cast(stated as double) as stated,
    cast(stated_rank as integer) as stated_rank,
    cast(derived_pct as double) as derived_pct,
    cast(derived_pct_low as double) as derived_pct_low,
    cast(derived_pct_high as double) as derived_pct_high,
    cast(derived_rank as integer) as derived_rank,
    cast(derived_rank_best as integer) as derived_rank_best,
    cast(derived_rank_worst as integer) as derived_rank_worst,
    cast(ranks_apart as integer) as ranks_apart,
    cast(direction as double) as direction,
    cast(correlation as double) as correlation,
    cast(slope as double) as slope,
    cast(vif as double) as vif,
    cast(relative_weight_pct as double) as relative_weight_pct,
    cast(warnings as varchar[]) as warnings,
    cast(performance as double) as performance,
    cast(stated_quadrant as varchar) as stated_quadrant,
    cast(derived_quadrant as varchar) as derived_quadrant,
    cast(stated_line as double) as stated_line,
    cast(derived_line as double) as derived_line,
    cast(stated_performance_line as double) as stated_performance_line,
    cast(derived_performance_line as double) as derived_performance_line,
from gap_modelled
order by period, position
