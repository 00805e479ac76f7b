-- Revenue of several currencies cannot be added up: convert it in the mapping.
with

subscriptions as (
    select * from {{ ref('fct_subscriptions') }}
)

select count(distinct currency) as currencies
from subscriptions
having count(distinct currency) > 1
