with

chosen as (
    select * from {{ ref('chosen_quotes') }}
),

comments as (
    select * from {{ ref('customer_comments') }}
)

select
    strftime({{ period_month() }}, '%Y-%m') as period,
    cast(chosen.theme as varchar) as theme,
    cast(chosen.polarity as varchar) as polarity,
    cast(chosen.place as integer) as place,
    cast(chosen.quote as varchar) as quote,
    cast(chosen.language as varchar) as language,
    cast(chosen.comments as bigint) as comments,
    comments.response_id,
    comments.mapping,
    comments.source_file,
    comments.source_line,
from chosen
inner join comments
    on cast(chosen.comment_id as bigint) = comments.comment_id
order by chosen.theme, chosen.polarity, chosen.place
