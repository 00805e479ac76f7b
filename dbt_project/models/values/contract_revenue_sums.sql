with

balances as (
    select * from {{ ref('revenue_balances') }}
    where
        month = {{ period_month() }}
        and revenue > 0
)

select
    count(*) as n,
    cast(sum(revenue) as decimal(38, 4)) as total,
    cast(sum(cast(revenue as decimal(18, 4)) * cast(revenue as decimal(18, 4))) as decimal(38, 8)) as squares,
from balances
having count(*) > 0
