-- Otherwise somebody is in churn's numerator who never was in its denominator.
select
    customer_key,
    month,
from {{ ref('customer_months') }}
where
    lost_in_month
    and not active_at_start
    and not acquired_in_month
