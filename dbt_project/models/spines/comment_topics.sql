with

comments as (
    select * from {{ ref('customer_comments') }}
),

themes as (
    select * from {{ ref('comment_themes') }}
),

dimensions as (
    select unnest(['product', 'service', 'relationship', 'convenience', 'brand_image', 'price']) as theme
)

select
    comments.comment_id,
    comments.response_id,
    comments.customer_key,
    comments.answered_at,
    cast(themes.theme as varchar) as theme,
    case
        when themes.theme is null then 'none'
        when dimensions.theme is not null then 'dimension'
        else 'touchpoint'
    end as theme_kind,
    cast(themes.polarity as varchar) as polarity,
    cast(themes.score as decimal(7, 6)) as polarity_score,
    row_number() over (partition by comments.comment_id order by themes.theme) = 1 as is_first_of_comment,
    cast(themes.comment_polarity as varchar) as comment_polarity,
    cast(themes.score_polarity as varchar) as score_polarity,
    cast(themes.language as varchar) as language,
    comments.channel,
    comments.touchpoint,
    comments.question_kind,
    comments.score,
    comments.scale_minimum,
    comments.scale_maximum,
    comments.customer_region,
    comments.customer_segment,
    comments.customer_tier,
    comments.mapping,
    comments.source_file,
    comments.source_line,
from comments
inner join themes
    on comments.comment_id = themes.comment_id
left join dimensions
    on themes.theme = dimensions.theme
order by comments.comment_id, themes.theme
