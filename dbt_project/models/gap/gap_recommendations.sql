with

feedback as (
    select * from {{ ref('fct_feedback') }}
)

select
    coalesce(customer_key, response_id) as respondent,
    cast(score as double) as outcome,
    cast(coalesce(weight, 1) as double) as weight,
from feedback
where
    question_kind = 'nps'
    and respondent_role = 'customer'
    and scale_minimum = 0
    and scale_maximum = 10
    and {{ month_number('answered_at') }} = {{ var('month_bounds')['0']['dates'] | length - 2 }}
qualify
    row_number() over (
        partition by coalesce(customer_key, response_id)
        order by answered_at desc, response_id desc, score desc
    ) = 1
