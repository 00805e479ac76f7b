-- Customers at the start of a month and those lost in it.
select
    unnest(['bench_lost', 'active_customers']) as kpi,
    strftime(month, '%Y-%m') as period,
    case grouping(customer_region, customer_segment, customer_tier)
        when 3 then 'region' when 5 then 'segment' when 6 then 'tier' else 'overall'
    end as slice,
    case when grouping(customer_region, customer_segment, customer_tier) < 7
    then coalesce(customer_region, customer_segment, customer_tier, 'not given') end as slice_value,
    count(*) as n,
    unnest([count(*) filter (where lost_in_month), null]) as positives,
from warehouse.customer_months
where active_at_start
group by grouping sets ((month), (month, customer_region), (month, customer_segment), (month, customer_tier))
