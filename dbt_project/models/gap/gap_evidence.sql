with

gap_proven as (
    select * from {{ ref('gap_proven') }}
)

select
    cast(period as varchar) as period,
    cast(initiative as varchar) as initiative,
    cast(dimension as varchar) as dimension,
    cast(position as integer) as position,
    cast(compared as varchar) as compared,
    cast(base as varchar) as base,
    cast(units as double) as units,
    cast(months as bigint) as months,
    cast(base_months as bigint) as base_months,
    cast(ratio as double) as ratio,
    cast(ratio_low as double) as ratio_low,
    cast(ratio_high as double) as ratio_high,
    cast(difference as double) as difference,
    cast(difference_low as double) as difference_low,
    cast(difference_high as double) as difference_high,
    cast(promised as double) as promised,
    cast(promise as varchar) as promise,
    cast(works as boolean) as works,
    cast(reason as varchar) as reason,
    cast(verdict as varchar) as verdict,
from gap_proven
order by period, initiative, position
