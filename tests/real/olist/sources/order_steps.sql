-- One row a step that an order reached; a step without a time was not reached, or its time was mended away.
select
    orders.order_id as journey_key,
    customers.customer_unique_id as customer_key,
    'order' as journey,
    reached.step,
    reached.step_order,
    'web' as channel,
    reached.occurred_at,
    orders._source_file as source_file,
    orders._source_line as source_line,
from orders
inner join customers on orders.customer_id = customers.customer_id,
    lateral (
        values
            ('ordered', 1, orders.order_purchase_timestamp),
            ('payment approved', 2, orders.order_approved_at),
            ('handed to the carrier', 3, orders.order_delivered_carrier_date),
            ('delivered', 4, orders.order_delivered_customer_date)
    ) as reached (step, step_order, occurred_at)
where reached.occurred_at is not null
