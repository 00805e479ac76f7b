-- The joins of these spines add columns, never rows: what they are made of is in them once.
with

counted as (
    select
        'case_sequences' as spine,
        (select count(*) from {{ ref('fct_cases') }}) as expected,
        (select count(*) from {{ ref('case_sequences') }}) as found,
    union all
    select
        'abandoned_calls' as spine,
        (
            select count(*) filter (abandoned and not is_short_abandon and not coalesce(callback, false))
            from {{ ref('fct_calls') }}
        ) as expected,
        (select count(*) from {{ ref('abandoned_calls') }}) as found,
    union all
    select
        'contacts' as spine,
        (
            select count(*) filter (not is_short_abandon)
            from {{ ref('fct_calls') }}
        ) as expected,
        (
            select count(*) filter (contact_kind = 'call')
            from {{ ref('contacts') }}
        ) as found,
    union all
    select
        'contact_days' as spine,
        (select count(*) from {{ ref('contacts') }}) as expected,
        (select coalesce(sum(contacts), 0) from {{ ref('contact_days') }}) as found,
)

select *
from counted
where expected is distinct from found
