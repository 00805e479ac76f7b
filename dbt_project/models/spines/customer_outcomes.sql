with

customers as (
    select * from {{ ref('fct_customers') }}
),

bad_experiences as (
    select
        customer_key,
        month,
        count(*) as bad_experiences,
    from {{ ref('bad_experiences') }}
    group by customer_key, month
),

support as (
    select
        customer_key,
        cast(date_trunc('month', cast(created_at as date)) as date) as month,
        count(*) as cases,
    from {{ ref('fct_cases') }}
    where customer_key is not null
    group by customer_key, month
),

balances as (
    select * from {{ ref('revenue_balances') }}
),

-- Who left before the first snapshot is in none: months before it would look as if nobody ever left.
first_known as (
    select min(coalesce(valid_from, cast('-infinity' as timestamptz))) as first_known_at
    from customers
),

-- The outcome is watched from the first day of one month to the last of `month`; exposed is who was so in the month
-- before. A month in which nothing of a kind is known of anybody tells nothing.
months as (
    select
        cast(series.month as date) as month,
        cast(series.month - interval 2 month as date) as watched_from,
        cast(cast(series.month - interval 2 month as date) as timestamptz) as watched_from_instant,
        cast(series.month - interval 3 month as date) as exposed_in,
    from unnest(generate_series({{ first_month() }}, {{ period_month() }}, interval 1 month)) as series (month)
    inner join first_known
        on cast(series.month as date) - interval 1 month > cast(first_known.first_known_at as timestamp)
),

told as (
    select
        months.*,
        months.exposed_in in (select bad_experiences.month from bad_experiences) as experiences_told,
        months.exposed_in in (select support.month from support) as support_told,
    from months
),

-- From when on a version of a customer holds, and until when; the days of joining and leaving are those known last.
versions as (
    select
        customer_key,
        segment as customer_segment,
        region as customer_region,
        tier as customer_tier,
        case
            when row_number() over by_customer > 1 then valid_from
            else cast('-infinity' as timestamptz)
        end as valid_from,
        coalesce(valid_to, cast('infinity' as timestamptz)) as valid_to,
        last_value(acquired_on) over by_customer as acquired_on,
        last_value(closed_on) over by_customer as closed_on,
    from customers
    window by_customer as (
        partition by customer_key
        order by valid_from nulls first
        rows between unbounded preceding and unbounded following
    )
),

watched as (
    select
        versions.customer_key,
        versions.customer_segment,
        versions.customer_region,
        versions.customer_tier,
        told.*,
        datesub('month', versions.acquired_on, told.watched_from) as tenure_months,
        coalesce(versions.closed_on <= last_day(told.month), false) as has_left,
    from versions
    inner join told
        on
            coalesce(versions.acquired_on < told.watched_from, true)
            and coalesce(versions.closed_on >= told.watched_from, true)
            and versions.valid_from <= told.watched_from_instant
            and versions.valid_to > told.watched_from_instant
),

exposed as (
    select
        watched.*,
        case when watched.experiences_told then coalesce(bad_experiences.bad_experiences, 0) end as bad_experiences,
        case when watched.support_told then coalesce(support.cases, 0) end as cases,
        coalesce(opening.revenue, 0) as opening_revenue,
        coalesce(closing.revenue, 0) as closing_revenue,
    from watched
    left join bad_experiences
        on
            watched.customer_key = bad_experiences.customer_key
            and watched.exposed_in = bad_experiences.month
    left join support
        on
            watched.customer_key = support.customer_key
            and watched.exposed_in = support.month
    left join balances as opening
        on
            watched.customer_key = opening.customer_key
            and watched.exposed_in = opening.month
    left join balances as closing
        on
            watched.customer_key = closing.customer_key
            and watched.month = closing.month
)

select
    exposed.customer_key,
    exposed.month,
    exposed.watched_from,
    exposed.bad_experiences,
    case
        when exposed.bad_experiences >= 2 then 'several'
        when exposed.bad_experiences = 1 then 'one'
        when exposed.bad_experiences = 0 then 'none'
    end as bad_experience_level,
    exposed.cases,
    exposed.has_left,
    exposed.opening_revenue > 0 as has_revenue,
    exposed.opening_revenue > 0 and exposed.closing_revenue > exposed.opening_revenue as has_expanded,
    case
        when exposed.tenure_months < 6 then 'under 6 months'
        when exposed.tenure_months < 12 then '6 to 12 months'
        when exposed.tenure_months < 36 then '1 to 3 years'
        when exposed.tenure_months >= 36 then '3 years and more'
    end as tenure_band,
    exposed.customer_segment,
    exposed.customer_region,
    exposed.customer_tier,
from exposed
