with

answers as (
    select
        cast(date_trunc('month', answered_at) as date) as month,
        respondent_role,
        response_id,
        dimension as statement,
        score,
    from {{ ref('fct_feedback') }}
    where
        question_kind = 'statement'
        and is_last_in_month
        and scale_minimum = 1
        and scale_maximum = 5
        and dimension is not null
),

gaps as (
    select
        'eco_gap_employees' as kpi,
        'employee' as other_role,
    union all
    select
        'eco_gap_customers' as kpi,
        'customer' as other_role,
),

-- Only what both sides were asked in the month.
asked as (
    select
        gaps.kpi,
        answers.*,
        case when answers.respondent_role = 'management' then 'management' else 'others' end as side,
    from answers
    inner join gaps
        on answers.respondent_role in ('management', gaps.other_role)
    where answers.month between {{ first_month() }} and {{ period_month() }}
    qualify
        min(answers.respondent_role) over (partition by gaps.kpi, answers.month, answers.statement)
        != max(answers.respondent_role) over (partition by gaps.kpi, answers.month, answers.statement)
),

-- One judgement a person: the mean of what was answered, and each statement by itself.
respondents as (
    select
        kpi,
        month,
        side,
        cast(null as varchar) as statement,
        cast(sum(score) / count(*) as decimal(9, 4)) as judgement,
    from asked
    group by kpi, month, side, response_id
    union all
    select
        kpi,
        month,
        side,
        statement,
        cast(score as decimal(9, 4)) as judgement,
    from asked
)

select
    kpi,
    strftime(month, '%Y-%m') as period,
    statement,
    side,
    count(*) as n,
    cast(sum(judgement) as decimal(38, 8)) as total,
    cast(sum(judgement * judgement) as decimal(38, 8)) as total_squares,
from respondents
group by kpi, month, statement, side
order by kpi, month, statement nulls first, side
