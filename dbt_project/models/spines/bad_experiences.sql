with

feedback as (
    select * from {{ ref('fct_feedback') }}
    where
        customer_key is not null
        and respondent_role = 'customer'
),

cases as (
    select * from {{ ref('fct_cases') }}
    where customer_key is not null
),

calls as (
    select * from {{ ref('fct_calls') }}
    where customer_key is not null
),

ratings as (
    select
        *,
        case
            when question_kind = 'csat' and score <= scale_minimum + 1 then 'low_satisfaction'
            when
                question_kind = 'ces'
                and scale_maximum = 7
                and coalesce(scale_version, '2') = '2'
                and score <= 3
                then 'high_effort'
        end as kind,
    from feedback
),

-- What the company counts. A response in which several ratings are bad tells of one experience.
responses as (
    select *
    from ratings
    where
        kind = 'low_satisfaction' and {{ ('low_satisfaction' in var('bad_experiences')) | lower }}
        or kind = 'high_effort' and {{ ('high_effort' in var('bad_experiences')) | lower }}
    qualify
        row_number() over (
            partition by customer_key, response_id
            order by cast(kind = 'high_effort' as integer), answered_at, dimension, touchpoint, mapping
        ) = 1
),

united as (
    select
        customer_key,
        answered_at as happened_at,
        kind,
        response_id as experience_key,
        channel,
        customer_segment,
        customer_region,
        customer_tier,
        mapping,
        source_file,
        source_line,
    from responses
    union all by name
    select
        customer_key,
        first_reopened_at as happened_at,
        'case_reopened' as kind,
        case_key as experience_key,
        channel,
        customer_segment,
        customer_region,
        customer_tier,
        mapping,
        source_file,
        source_line,
    from cases
    where
        {{ ('case_reopened' in var('bad_experiences')) | lower }}
        and first_reopened_at < {{ period_end() }}
    union all by name
    select
        customer_key,
        enqueued_at as happened_at,
        'call_abandoned' as kind,
        call_key as experience_key,
        'phone' as channel,
        customer_segment,
        customer_region,
        customer_tier,
        mapping,
        source_file,
        source_line,
    from calls
    where
        {{ ('call_abandoned' in var('bad_experiences')) | lower }}
        and abandoned
        and not coalesce(callback, false)
        and not coalesce(date_sub('second', enqueued_at, ended_at) < 5, false)
)

select
    *,
    cast(date_trunc('month', cast(happened_at as date)) as date) as month,
from united
