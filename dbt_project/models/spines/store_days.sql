with

orders as (
    select
        *,
        cast(ordered_at as date) as day,
    from {{ ref('fct_orders') }}
    where store is not null and amount is not null
)

select
    store,
    day,
    count(*) as orders,
    cast(sum(amount) as decimal(18, 4)) as sales,
from orders
group by store, day
