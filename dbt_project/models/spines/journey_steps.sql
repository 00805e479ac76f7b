with

events as (
    select * from {{ ref('fct_journey_events') }}
),

-- A step counts once a journey, when it was first reached, however often it was repeated or returned to.
reached as (
    select *
    from events
    qualify
        row_number() over (
            partition by journey_key, step_order
            order by occurred_at, step, mapping, source_file, source_line
        ) = 1
),

followed as (
    select
        *,
        -- Who skipped a step, or came back to this one, is beyond it too.
        min(occurred_at) over (
            partition by journey_key
            order by step_order
            rows between 1 following and unbounded following
        ) as next_reached_at,
    from reached
),

days as (
    select
        journey,
        cast(occurred_at as date) as reached_on,
        max(step_order) as step_order,
    from reached
    group by journey, reached_on
),

-- How far a journey goes is how far anybody got around then: a constant reach, so that a journey may be rebuilt and no
-- figure depends on how far a build looks back. What follows within the days of the follow-up is known when it counts.
ends as (
    select
        journey,
        reached_on,
        max(step_order) over (
            partition by journey
            order by reached_on
            range between interval 90 day preceding and interval 14 day following
        ) as last_step_order,
    from days
)

select
    followed.journey_key,
    followed.customer_key,
    followed.journey,
    followed.step,
    followed.step_order,
    followed.touchpoint,
    followed.channel,
    followed.occurred_at as reached_at,
    followed.next_reached_at,
    followed.step_order >= ends.last_step_order as is_last_step,
    followed.extra,
    followed.customer_segment,
    followed.customer_region,
    followed.customer_tier,
    followed.mapping,
    followed.source_file,
    followed.source_line,
from followed
inner join ends
    on
        followed.journey = ends.journey
        and cast(followed.occurred_at as date) = ends.reached_on
