with

feedback as (
    select * from {{ ref('fct_feedback') }}
    where
        respondent_role = 'customer'
        -- Whoever writes a review on another site chose to: not pooled with those we asked.
        and question_kind != 'review'
        and trim(comment) != ''
        and cast(date_trunc('month', answered_at) as date) between {{ first_month() }} and {{ period_month() }}
),

-- A response brings its comment with each of its ratings, perhaps through several mappings.
in_order as (
    select
        *,
        row_number() over (
            partition by split_part(mapping, '.', 1), response_id, comment
            order by
                case question_kind when 'nps' then 1 when 'csat' then 2 when 'ces' then 3 else 4 end,
                touchpoint nulls first,
                dimension nulls first,
                mapping,
                source_file,
                source_line
        ) as place,
    from feedback
)

select
    row_number() over (order by answered_at, mapping, response_id, comment) as comment_id,
    response_id,
    customer_key,
    answered_at,
    comment,
    language,
    question_kind,
    score,
    scale_minimum,
    scale_maximum,
    channel,
    touchpoint,
    customer_region,
    customer_segment,
    customer_tier,
    mapping,
    source_file,
    source_line,
from in_order
where place = 1
order by comment_id
