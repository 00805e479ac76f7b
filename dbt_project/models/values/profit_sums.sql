with

buyers as (
    select * from {{ ref('buyers') }}
    where orders_of_the_year > 0
),

ranked as (
    select
        customer_key,
        cast(value_of_the_year as decimal(18, 4)) as x,
        row_number() over (order by value_of_the_year, customer_key) as place,
        sum(value_of_the_year) over (
            order by value_of_the_year, customer_key
            rows between unbounded preceding and current row
        ) as running,
        count(*) over () as n,
        sum(value_of_the_year) over () as total,
    from buyers
),

-- Mean distance of each to all (flows/inference/concentration.py). The top fifth is rounded up to whole customers.
distant as (
    select
        *,
        place > n - (n + 4) // 5 as is_top,
        cast((x * (2 * place - n) + total - 2 * running) / n as decimal(18, 4)) as distance,
    from ranked
)

select
    count(*) as n,
    cast(sum(x) as decimal(38, 4)) as total,
    cast(sum(x * x) as decimal(38, 8)) as squares,
    count(*) filter (where is_top) as top_n,
    min(x) filter (where is_top) as threshold,
    cast(sum(x) filter (where is_top) as decimal(38, 4)) as top_total,
    cast(sum(x * x) filter (where is_top) as decimal(38, 8)) as top_squares,
    cast(sum(distance) as decimal(38, 4)) as distances,
    cast(sum(distance * distance) as decimal(38, 8)) as distance_squares,
    cast(sum(distance * x) as decimal(38, 8)) as distance_products,
    (select max(value_basis) from buyers) as value_basis,
from distant
having count(*) > 0
