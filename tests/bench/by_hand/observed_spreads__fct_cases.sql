-- Sums within agents and over them.
with

replies as (
    select
        cast(date_trunc('month', created_at) as date) as month,
        coalesce(channel, 'not given') as channel,
        coalesce(topic, 'not given') as topic,
        agent_key,
        cast(date_sub('second', created_at, first_reply_at) / 3600.0 as decimal(12, 4)) as hours,
    from warehouse.fct_cases
    where
        first_reply_at is not null
        and agent_key is not null
        and created_at >= getvariable('window_start')
        and created_at < getvariable('window_end')
),

agents as (
    select
        month,
        grouping(channel, topic) as sliced,
        coalesce(channel, topic) as slice_value,
        count(*) as n,
        sum(hours) as total,
        sum(hours * hours) as total_squares,
    from replies
    group by grouping sets ((month, agent_key), (month, agent_key, channel), (month, agent_key, topic))
)

select
    'bench_agent_spread' as kpi,
    strftime(month, '%Y-%m') as period,
    case sliced when 1 then 'channel' when 2 then 'topic' else 'overall' end as slice,
    slice_value,
    cast(sum(n) as bigint) as n,
    sum(total) as total,
    sum(total_squares) as total_squares,
    count(*) as clusters,
    sum(n * n) as cluster_squares,
    sum(cast(total * total / n as decimal(28, 8))) as cluster_mean_squares,
from agents
group by month, sliced, slice_value
