with

cases as (
    select * from {{ ref('fct_cases') }}
),

business_days as (
    select * from {{ ref('business_days') }}
),

in_order as (
    select
        case_key,
        customer_key,
        channel,
        topic,
        priority,
        agent_group,
        created_at,
        first_reply_at,
        first_solved_at,
        contacts,
        one_contact,
        extra,
        customer_segment,
        customer_region,
        customer_tier,
        mapping,
        source_file,
        source_line,
        first_reopened_at <= first_solved_at + interval 7 day as is_reopened_soon,
        -- What is reopened later had one contact more since, which the count holds and its window does not.
        contacts - cast(coalesce(first_reopened_at > first_solved_at + interval 7 day, false) as integer)
            as contacts_till_then,
        -- A case of nobody known is a sequence of its own.
        lead(created_at) over (
            partition by coalesce(customer_key, case_key), topic
            order by created_at, case_key
        ) as next_created_at,
    from cases
)

select
    in_order.case_key,
    in_order.customer_key,
    in_order.channel,
    in_order.topic,
    in_order.priority,
    in_order.agent_group,
    in_order.created_at,
    in_order.first_reply_at,
    in_order.first_solved_at,
    -- Not known where contacts are not counted, also of reopened cases: else only those would be in the base.
    case coalesce(in_order.contacts_till_then <= 1, in_order.one_contact)
        when true then not coalesce(in_order.is_reopened_soon, false)
        when false then false
    end as solved_with_one_contact,
    case when in_order.topic is not null then in_order.next_created_at end as next_same_topic_at,
    case
        when in_order.first_reply_at < in_order.created_at then 0
        else
            {{ open_seconds('replied', 'in_order.first_reply_at') }}
            - ({{ open_seconds('asked', 'in_order.created_at') }})
    end as first_reply_business_seconds,
    in_order.extra,
    in_order.customer_segment,
    in_order.customer_region,
    in_order.customer_tier,
    in_order.mapping,
    in_order.source_file,
    in_order.source_line,
from in_order
left join business_days as asked on cast(in_order.created_at as date) = asked.day
left join business_days as replied on cast(in_order.first_reply_at as date) = replied.day
