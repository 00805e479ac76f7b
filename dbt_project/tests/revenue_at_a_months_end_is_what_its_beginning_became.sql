-- Opening revenue, less what was lost, plus what was added, is closing revenue: nothing is counted twice or forgotten.
with

revenue as (
    select * from {{ ref('revenue_months') }}
)

select *
from revenue
where
    opening_revenue > 0
    and opening_revenue - churned_revenue - contracted_revenue + expanded_revenue != closing_revenue
