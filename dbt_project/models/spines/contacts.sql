with

cases as (
    select * from {{ ref('fct_cases') }}
),

calls as (
    select * from {{ ref('fct_calls') }}
),

sessions as (
    select * from {{ ref('fct_sessions') }}
),

forum_posts as (
    select * from {{ ref('fct_forum_posts') }}
),

channels as (
    select * from {{ ref('channels') }}
),

first_call as (
    select min(enqueued_at) as first_called_at
    from calls
),

united as (
    -- Where the exchange tells of calls, a case on the phone is what an agent noted of one.
    select
        'case' as contact_kind,
        cases.case_key as contact_key,
        cases.customer_key,
        cases.created_at as contacted_at,
        cases.channel,
        cases.customer_segment,
        cases.customer_region,
        cases.customer_tier,
        cases.customer_preferred_channel as preferred_channel,
        cases.mapping,
        cases.source_file,
        cases.source_line,
    from cases
    cross join first_call
    where coalesce(cases.channel != 'phone' or cases.created_at < first_call.first_called_at, true)
    union all
    select
        'call' as contact_kind,
        call_key as contact_key,
        customer_key,
        enqueued_at as contacted_at,
        'phone' as channel,
        customer_segment,
        customer_region,
        customer_tier,
        customer_preferred_channel as preferred_channel,
        mapping,
        source_file,
        source_line,
    from calls
    where not is_short_abandon
    union all
    -- What the bot hands over goes on as a case or a call, which counts.
    select
        kind as contact_kind,
        session_key as contact_key,
        customer_key,
        started_at as contacted_at,
        case kind when 'bot' then 'bot' else 'self_service' end as channel,
        customer_segment,
        customer_region,
        customer_tier,
        customer_preferred_channel as preferred_channel,
        mapping,
        source_file,
        source_line,
    from sessions
    where kind = 'help' or (kind = 'bot' and not coalesce(handed_over, false))
    union all
    select
        'forum' as contact_kind,
        post_key as contact_key,
        customer_key,
        posted_at as contacted_at,
        'forum' as channel,
        customer_segment,
        customer_region,
        customer_tier,
        customer_preferred_channel as preferred_channel,
        mapping,
        source_file,
        source_line,
    from forum_posts
    where not is_reply and not coalesce(is_staff, false)
)

select
    united.contact_kind,
    united.contact_key,
    united.customer_key,
    united.contacted_at,
    united.channel,
    channels.channel_group,
    united.preferred_channel,
    -- A contact of nobody known is a sequence of its own.
    lead(united.contacted_at) over (
        partition by coalesce(united.customer_key, united.contact_kind || united.contact_key)
        order by united.contacted_at, united.contact_kind, united.contact_key
    ) as next_contacted_at,
    united.customer_segment,
    united.customer_region,
    united.customer_tier,
    united.mapping,
    united.source_file,
    united.source_line,
from united
left join channels on united.channel = channels.channel
