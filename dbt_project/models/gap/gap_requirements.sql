with

gap_required as (
    select * from {{ ref('gap_required') }}
)

select
    cast(period as varchar) as period,
    cast(dimension as varchar) as dimension,
    cast(gap as double) as gap,
    cast(rank as integer) as rank,
    cast(initiative as varchar) as initiative,
    cast(requirement as varchar) as requirement,
    cast(strategy_fit as double) as strategy_fit,
    cast(readiness as double) as readiness,
    cast(fit as varchar) as fit,
    cast(not_ready as varchar[]) as not_ready,
    cast(not_scored as varchar[]) as not_scored,
    cast(position as integer) as position,
from gap_required
order by period, position
