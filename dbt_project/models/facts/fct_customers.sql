with

delivered as ({{ delivered('customers') }}
),

in_time as (
    select
        * replace (
            -- As of the end of the period: who leaves later has not left yet.
            case when closed_on <= last_day({{ period_month() }}) then closed_on end as closed_on,
            case when closed_on <= last_day({{ period_month() }}) then closed_reason end as closed_reason
        ),
    from delivered
    where
        coalesce(valid_from < {{ period_end() }}, true)
        and coalesce(acquired_on <= last_day({{ period_month() }}), true)
)

select
    *,
    lead(valid_from) over (partition by customer_key order by valid_from nulls first) as valid_to,
from in_time
