with

calls as (
    select * from {{ ref('fct_calls') }}
    where not is_short_abandon
),

contacts as (
    select
        contact_key,
        mapping,
        next_contacted_at,
    from {{ ref('contacts') }}
    where contact_kind = 'call'
),

-- A withheld number is a sequence of its own.
numbers as (
    select
        *,
        lead(enqueued_at) over (
            partition by coalesce(caller_key, call_key)
            order by enqueued_at, call_key
        ) as next_called_at,
    from calls
)

select
    numbers.call_key,
    numbers.customer_key,
    numbers.queue,
    numbers.line_type,
    numbers.enqueued_at,
    case
        when coalesce(numbers.customer_key, numbers.caller_key) is null then 'withheld'
        else 'known'
    end as caller_known,
    -- The earlier of the two that is known.
    least(numbers.next_called_at, contacts.next_contacted_at) as next_contacted_at,
    numbers.extra,
    numbers.customer_segment,
    numbers.customer_region,
    numbers.customer_tier,
    numbers.mapping,
    numbers.source_file,
    numbers.source_line,
from numbers
left join contacts
    on
        numbers.call_key = contacts.contact_key
        and numbers.mapping = contacts.mapping
where numbers.abandoned and not coalesce(numbers.callback, false)
