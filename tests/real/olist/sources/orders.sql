-- One row an order. The promise is a day without an hour; the project holds such a promise until that day is over.
with paid as (
    select
        order_id,
        sum(cast(payment_value as decimal(18, 4))) as amount,
    from payments
    group by order_id
)

select
    orders.order_id as order_key,
    customers.customer_unique_id as customer_key,
    orders.order_purchase_timestamp as ordered_at,
    paid.amount,
    'BRL' as currency,
    'web' as channel,
    orders.order_estimated_delivery_date as promised_at,
    orders.order_delivered_customer_date as delivered_at,
    json_object('status', orders.order_status) as extra,
    orders._source_file as source_file,
    orders._source_line as source_line,
from orders
inner join customers on orders.customer_id = customers.customer_id
left join paid on orders.order_id = paid.order_id
