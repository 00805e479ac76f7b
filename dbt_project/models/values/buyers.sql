-- Thirty-six months, whatever a build reads: who is new in the last two years is told by the year before them.
with

orders as (
    select
        *,
        returned_at < {{ period_end() }} as is_returned,
    from {{ ref('fct_orders') }}
    where
        customer_key is not null
        and ordered_at >= cast({{ period_month() }} - interval 35 month as timestamptz)
),

-- Margin where any is delivered, otherwise revenue; never a mixture.
basis as (
    select
        coalesce(count(margin), 0) > 0 as has_margin,
        cast({{ period_month() }} - interval 11 month as timestamptz) as year_from,
    from orders
),

valued as (
    select
        orders.customer_key,
        orders.ordered_at,
        orders.order_key,
        orders.ordered_at >= basis.year_from as is_of_the_year,
        case
            when coalesce(orders.is_returned, false) then 0
            when basis.has_margin then coalesce(orders.margin, 0)
            else coalesce(orders.amount, 0)
        end as value,
        case when coalesce(orders.is_returned, false) then 0 else coalesce(orders.amount, 0) end as amount,
    from orders
    cross join basis
),

by_customer as (
    select
        customer_key,
        count(*) as orders,
        min(ordered_at) as first_ordered_at,
        min_by(value, (ordered_at, order_key)) as first_value,
        max(ordered_at) as last_ordered_at,
        cast(sum(value) as decimal(38, 4)) as value,
        count(*) filter (where is_of_the_year) as orders_of_the_year,
        cast(coalesce(sum(value) filter (where is_of_the_year), 0) as decimal(38, 4)) as value_of_the_year,
        cast(coalesce(sum(amount) filter (where is_of_the_year), 0) as decimal(38, 4)) as amount_of_the_year,
    from valued
    group by customer_key
)

select
    by_customer.customer_key,
    by_customer.orders,
    by_customer.first_ordered_at,
    by_customer.last_ordered_at,
    by_customer.value,
    cast(by_customer.first_value as decimal(18, 4)) as first_value,
    by_customer.orders_of_the_year,
    by_customer.value_of_the_year,
    by_customer.amount_of_the_year,
    case when basis.has_margin then 'margin' else 'revenue' end as value_basis,
from by_customer
cross join basis
