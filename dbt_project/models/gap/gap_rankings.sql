with

gap_ranked as (
    select * from {{ ref('gap_ranked') }}
)

select
    cast(period as varchar) as period,
    cast(role as varchar) as role,
    cast(slice as varchar) as slice,
    cast(slice_value as varchar) as slice_value,
    cast(leads as boolean) as leads,
    cast(key as varchar[]) as key,
    cast(candidates as varchar[]) as candidates,
    cast(unrankable as varchar[]) as unrankable,
    cast(could_be_worse as varchar[]) as could_be_worse,
    cast(key_without_importance as varchar[]) as key_without_importance,
from gap_ranked
order by period, role, slice, slice_value nulls first
