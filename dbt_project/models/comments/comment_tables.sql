with

topics as (
    select * from {{ ref('comment_topics') }}
    where
        is_first_of_comment
        and score_polarity is not null
)

select
    strftime(answered_at, '%Y-%m') as period,
    comment_polarity,
    score_polarity,
    count(*) as comments,
from topics
where strftime(answered_at, '%Y-%m') between '{{ var("first_period") }}' and '{{ var("period") }}'
group by all
order by period, comment_polarity, score_polarity
