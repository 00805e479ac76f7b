with

cases as (
    select * from {{ ref('fct_cases') }}
    where topic is not null
),

articles as (
    select
        lower(topic) as topic,
        occurred_at as used_at,
    from {{ ref('fct_help_events') }}
    where article is not null
),

on_the_topic as (
    select
        cases.*,
        articles.used_at as article_used_at,
    from cases
    asof left join articles
        on
            lower(cases.topic) = articles.topic
            and cases.created_at >= articles.used_at
)

select
    on_the_topic.case_key,
    on_the_topic.customer_key,
    on_the_topic.created_at,
    on_the_topic.channel,
    on_the_topic.topic,
    on_the_topic.article_used_at,
    articles.used_at as any_article_used_at,
    on_the_topic.extra,
    on_the_topic.customer_segment,
    on_the_topic.customer_region,
    on_the_topic.customer_tier,
    on_the_topic.mapping,
    on_the_topic.source_file,
    on_the_topic.source_line,
from on_the_topic
asof left join articles on on_the_topic.created_at >= articles.used_at
