-- Two sources delivering the same customer would count that customer twice in every month.
select
    customer_key,
    valid_from,
    count(*) as versions,
from {{ ref('fct_customers') }}
group by customer_key, valid_from
having count(*) > 1
