with

answers as (
    select
        *,
        -- Agreeing is one of the two best boxes of five and more, else the best: yes of yes and no.
        score > scale_maximum - case when scale_maximum - scale_minimum >= 4 then 2 else 1 end as agrees,
        scale_minimum = 1 and scale_maximum = 5 as is_of_five,
    from {{ ref('fct_feedback') }}
    where question_kind = 'statement' and is_last_in_month
),

responses as (
    select
        response_id,
        respondent_role,
        min(customer_key) as customer_key,
        max(answered_at) as answered_at,
        min(channel) as channel,
        min(employee_group) as employee_group,
        count(*) as statements,
        bool_or(agrees) filter (where dimension = 'felt_heard') as felt_heard,
        bool_or(agrees) filter (where dimension = 'buys_loyal') as buys_loyal,
        bool_or(agrees) filter (where dimension = 'pays_more') as pays_more,
        sum(score) filter (where is_of_five) / count(*) filter (where is_of_five) as agreement,
        sum(score) filter (where is_of_five and dimension in ('path_clear', 'path_easy', 'path_as_expected'))
            as path_total,
        count(*) filter (where is_of_five and dimension in ('path_clear', 'path_easy', 'path_as_expected'))
            as path_items,
        min(customer_segment) as customer_segment,
        min(customer_region) as customer_region,
        min(customer_tier) as customer_tier,
        min(mapping) as mapping,
        min(source_file) as source_file,
        min(source_line) as source_line,
    from answers
    group by response_id, respondent_role
)

select
    * exclude (agreement, path_total, path_items),
    cast(agreement as decimal(9, 4)) as agreement,
    case when path_items = 3 then cast(path_total / 3 as decimal(9, 4)) end as path_clarity,
from responses
