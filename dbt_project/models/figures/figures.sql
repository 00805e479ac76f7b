with

inferred as (
    select * from {{ ref('inferred') }}
)

select
    cast(period as varchar) as period,
    cast(kpi as varchar) as kpi,
    cast(slice as varchar) as slice,
    cast(slice_value as varchar) as slice_value,
    cast(value as double) as value, -- noqa: RF04
    cast(unit as varchar) as unit,
    cast(n as bigint) as n,
    cast(low as double) as low,
    cast(high as double) as high,
    cast(previous as double) as previous,
    cast(change as double) as change,
    cast(change_low as double) as change_low,
    cast(change_high as double) as change_high,
    cast(p as double) as p,
    cast(q as double) as q,
    cast(verdict as varchar) as verdict,
    cast(target as double) as target,
    cast(met as boolean) as met,
    cast(precision_flag as varchar) as precision_flag,
    cast(expected_low as double) as expected_low,
    cast(expected_high as double) as expected_high,
    cast(signal as varchar) as signal,
from inferred
order by period, kpi, slice, slice_value
