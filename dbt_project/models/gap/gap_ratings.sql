with

feedback as (
    select * from {{ ref('fct_feedback') }}
),

dimensions as (
    select * from {{ ref('gap_dimensions') }}
),

rated as (
    select
        {{ month_number('feedback.answered_at') }} as month_number,
        feedback.respondent_role as role,
        -- an anonymous response is a respondent of its own
        coalesce(feedback.customer_key, feedback.response_id) as respondent,
        feedback.response_id,
        feedback.dimension,
        feedback.question_kind,
        feedback.score,
        coalesce(feedback.weight, 1) as weight,
        feedback.answered_at,
        {{ gap_slice_columns() }}
    from feedback
    inner join dimensions on feedback.dimension = dimensions.dimension
    where
        (
            feedback.question_kind in ('experience', 'expectation')
            and feedback.scale_minimum = dimensions.scale_low
            and feedback.scale_maximum = dimensions.scale_high
        )
        or (
            feedback.question_kind = 'importance'
            and feedback.scale_minimum = dimensions.importance_low
            and feedback.scale_maximum = dimensions.importance_high
        )
),

last_answers as (
    select *
    from rated
    where month_number between {{ var('first_month_number') }} and {{ var('month_bounds')['0']['dates'] | length - 2 }}
    qualify row_number() over (
        partition by month_number, role, respondent, dimension, question_kind
        order by answered_at desc, response_id desc, score desc
    ) = 1
),

-- A respondent stands in one value of a slice a month: that of the last answer.
respondents as (
    select *
    from last_answers
    qualify row_number() over (
        partition by month_number, role, respondent
        order by answered_at desc, response_id desc, dimension asc, question_kind asc
    ) = 1
),

answered as (
    select
        month_number,
        role,
        respondent,
        dimension,
        cast(max(score) filter (where question_kind = 'experience') as double) as experience,
        cast(max(score) filter (where question_kind = 'expectation') as double) as expectation,
        cast(max(score) filter (where question_kind = 'importance') as double) as importance,
    from last_answers
    group by month_number, role, respondent, dimension
),

groups as (
    {{ gap_groups('respondents') }}
),

-- A slice nobody filled says nothing that the whole does not.
told as (
    select *
    from groups
    qualify
        slice = 'overall'
        or bool_or(slice_value != 'not given') over (partition by month_number, role, slice)
)

select
    strftime(
        cast('{{ var("first_read_period") }}-01' as date) + to_months(cast(told.month_number as integer)), '%Y-%m'
    ) as period,
    told.role,
    told.slice,
    told.slice_value,
    told.respondent,
    answered.dimension,
    answered.experience,
    answered.expectation,
    answered.importance,
    cast(told.weight as double) as weight,
from told
inner join answered
    on
        told.month_number = answered.month_number
        and told.role = answered.role
        and told.respondent = answered.respondent
