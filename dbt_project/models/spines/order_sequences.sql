with

orders as (
    select * from {{ ref('fct_orders') }}
    where customer_key is not null
),

in_order as (
    select
        *,
        lag(ordered_at) over (partition by customer_key order by ordered_at, order_key) as previous_ordered_at,
        lead(ordered_at) over (partition by customer_key order by ordered_at, order_key) as next_ordered_at,
    from orders
)

select
    customer_key,
    order_key as first_order_key,
    ordered_at as first_ordered_at,
    next_ordered_at,
    channel,
    store,
    extra,
    customer_segment,
    customer_region,
    customer_tier,
    mapping,
    source_file,
    source_line,
from in_order
where
    -- Twelve months are never shorter than 364 days; the calendar, which is slow, is asked only beyond them.
    case
        when previous_ordered_at is null then true
        when date_sub('second', previous_ordered_at, ordered_at) < 364 * 86400 then false
        else ordered_at > previous_ordered_at + interval 12 month
    end
