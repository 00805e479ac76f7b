with

comments as (
    select * from {{ ref('customer_comments') }}
),

topics as (
    select * from {{ ref('comment_topics') }}
)

select
    topics.comment_id,
    topics.theme,
    topics.polarity,
    cast(topics.polarity_score as double) as score,
    topics.comment_polarity,
    topics.score_polarity,
    comments.comment,
    topics.language,
    topics.customer_key,
    topics.answered_at,
    topics.response_id,
from topics
inner join comments
    on topics.comment_id = comments.comment_id
where cast(date_trunc('month', topics.answered_at) as date) = {{ period_month() }}
order by topics.comment_id, topics.theme
