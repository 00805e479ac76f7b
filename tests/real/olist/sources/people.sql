-- One row a person, in the state of the first order: known from the start and never rewritten by a later one.
-- No closed_on: nobody ends being a marketplace's customer, so a churn of zero would be computed and mean nothing.
select
    customers.customer_unique_id as customer_key,
    arg_min(customers.customer_state, orders.order_purchase_timestamp || orders.order_id) as region,
    cast(min(cast(orders.order_purchase_timestamp as timestamp)) as date) as acquired_on,
from customers
inner join orders on customers.customer_id = orders.customer_id
group by customers.customer_unique_id
