-- Life tables of cases: how many had their reply, and how many were last seen without one, after so many hours.
with

waits as (
    select
        cast(date_trunc('month', created_at) as date) as month,
        coalesce(channel, 'not given') as channel,
        coalesce(topic, 'not given') as topic,
        coalesce(customer_region, 'not given') as region,
        least(coalesce(date_sub('second', created_at, first_reply_at), 259200), 259200) // 3600 as hours,
        coalesce(first_reply_at <= created_at + interval 3 day, false) as is_replied,
    from warehouse.fct_cases
    where created_at >= getvariable('window_start') and created_at < getvariable('window_end')
),

times as (
    select
        month,
        grouping(channel, topic, region) as sliced,
        coalesce(channel, topic, region) as slice_value,
        hours,
        count(*) as n,
        count(*) filter (where is_replied) as events,
    from waits
    group by grouping sets ((month, hours), (month, hours, channel), (month, hours, topic), (month, hours, region))
)

select
    'bench_reply_survival' as kpi,
    strftime(month, '%Y-%m') as period,
    case sliced when 3 then 'channel' when 5 then 'topic' when 6 then 'region' else 'overall' end as slice,
    slice_value,
    cast(sum(n) as bigint) as n,
    list(cast(hours as double) order by hours) as life_times,
    list(events order by hours) as life_events,
    list(n - events order by hours) as life_censored,
from times
group by month, sliced, slice_value
