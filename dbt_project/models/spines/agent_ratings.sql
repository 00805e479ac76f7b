with

ratings as (
    select * from {{ ref('fct_feedback') }}
    where question_kind = 'csat' and respondent_role = 'customer' and agent_key is not null
)

select
    response_id,
    customer_key,
    agent_key,
    answered_at,
    score,
    scale_minimum,
    scale_maximum,
    -- Of those on the scale that is compared; the others do not make an agent's number larger.
    count(*) filter (where scale_minimum = 1 and scale_maximum = 5) over (
        partition by agent_key, {{ month_number('answered_at') }}
    ) as ratings_of_agent,
    mapping,
    source_file,
    source_line,
from ratings
