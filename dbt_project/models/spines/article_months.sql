with

help_events as (
    select * from {{ ref('fct_help_events') }}
    where article is not null
)

select
    article,
    cast(date_trunc('month', occurred_at) as date) as month,
    min(topic) as topic,
    count(*) filter (where kind = 'view') as views,
    count(*) filter (where kind = 'flag') as flags,
from help_events
group by article, month
