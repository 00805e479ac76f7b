{%- set nobodys = {'weekdays': [], 'opens_minute': 0, 'closes_minute': 0, 'holidays': []} -%}
{%- set hours = var('business_hours') or nobodys -%}
with

days as (
    select cast(series.day as date) as day
    from
        unnest(
            generate_series(
                cast({{ history_start() }} as date), cast({{ period_end() }} as date), interval 1 day
            )
        ) as series (day)
    -- Hours that cx.toml does not give are not guessed.
    where {{ 'true' if var('business_hours') else 'false' }}
),

-- By the clock on the wall, so that a day on which it changes is as long as it is.
hours as (
    select
        day,
        cast(day + interval {{ hours.opens_minute }} minute as timestamptz) as opens_at,
        cast(day + interval {{ hours.closes_minute }} minute as timestamptz) as closes_at,
        list_contains(cast({{ hours.weekdays }} as integer[]), isodow(day))
        and not list_contains({{ sql_list(hours.holidays) }}, strftime(day, '%Y-%m-%d')) as is_open,
    from days
),

lengths as (
    select
        day,
        opens_at,
        case when is_open then date_diff('second', opens_at, closes_at) else 0 end as open_seconds,
    from hours
)

select
    day,
    opens_at,
    open_seconds,
    cast(
        coalesce(sum(open_seconds) over (order by day rows between unbounded preceding and 1 preceding), 0) as bigint
    ) as open_seconds_before,
from lengths
