with

gap_proposed as (
    select * from {{ ref('gap_proposed') }}
)

select
    cast(period as varchar) as period,
    cast(cycle as integer) as cycle,
    cast(since as varchar) as since,
    cast(dimension as varchar) as dimension,
    cast(why_customers_come as varchar) as why_customers_come,
    cast(for_whom as varchar) as for_whom,
    cast(proposed as varchar) as proposed,
    cast(proved_by as varchar) as proved_by,
    cast(changed as boolean) as changed,
from gap_proposed
order by period
