-- One row a ticket: its last event wins (the highest sys_mod_count), with the moments of its life found on the way.
-- Dates are day first. resolved_at is the last resolution and is repeated on every event; where it is missing, the last
-- event in state Resolved stands in (where both are given they agree, but for one ticket cut off by the log's end).
with events as (
    select
        *,
        cast(sys_mod_count as integer) as change,
        try_strptime(sys_updated_at, '%d/%m/%Y %H:%M') as updated_at,
    from incident_events
),

ranked as (
    select
        *,
        row_number() over (
            partition by number
            order by change desc, updated_at desc, _source_line desc
        ) as from_the_last,
        min(updated_at) filter (where incident_state = 'Resolved') over (partition by number) as first_resolved_at,
        max(updated_at) filter (where incident_state = 'Resolved') over (partition by number) as last_resolved_at,
        min(updated_at) filter (where cast(reopen_count as integer) > 0) over (partition by number) as reopened_at,
    from events
)

select
    number as case_key,
    caller_id as customer_key,
    lower(contact_type) as channel,
    category as topic,
    priority,
    try_strptime(opened_at, '%d/%m/%Y %H:%M') as created_at,
    first_resolved_at as first_solved_at,
    coalesce(try_strptime(resolved_at, '%d/%m/%Y %H:%M'), last_resolved_at) as last_solved_at,
    reopened_at as first_reopened_at,
    cast(reopen_count as integer) as reopens,
    cast(reassignment_count as integer) as hand_offs,
    made_sla = 'false' as sla_breached,
    resolved_by as agent_key,
    assignment_group as agent_group,
    json_object('impact', impact, 'urgency', urgency, 'closed_code', closed_code) as extra,
    _source_file as source_file,
    _source_line as source_line,
from ranked
where from_the_last = 1
