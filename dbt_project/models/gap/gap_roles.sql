with

gap_compared as (
    select * from {{ ref('gap_compared') }}
)

select
    cast(period as varchar) as period,
    cast(slice as varchar) as slice,
    cast(slice_value as varchar) as slice_value,
    cast(dimension as varchar) as dimension,
    cast(measure as varchar) as measure,
    cast(role as varchar) as role,
    cast(other as varchar) as other,
    cast(difference as double) as difference,
    cast(low as double) as low,
    cast(high as double) as high,
    cast(p as double) as p,
    cast(clear as boolean) as clear,
from gap_compared
order by period, dimension, measure, role, other
