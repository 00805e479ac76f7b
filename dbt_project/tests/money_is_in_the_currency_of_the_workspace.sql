-- What the report prints as money of cx.toml's currency must be that: convert other money in the mapping.
with

orders as (
    select * from {{ ref('fct_orders') }}
),

subscriptions as (
    select * from {{ ref('fct_subscriptions') }}
)

select
    'orders' as contract,
    currency,
from orders
where currency != '{{ var("currency") }}'
union all
select
    'subscriptions' as contract,
    currency,
from subscriptions
where currency != '{{ var("currency") }}'
