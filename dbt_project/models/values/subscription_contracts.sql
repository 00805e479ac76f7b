with

spells as (
    select
        customer_key,
        subscription_key,
        started_on,
        ended_on,
        coalesce(end_reason in ('pause', 'change'), false) as goes_on,
    from {{ ref('fct_subscriptions') }}
    where
        customer_key is not null
        and recurring_revenue > 0
),

beginnings as (
    select distinct
        customer_key,
        started_on as next_started_on,
    from spells
),

-- A pause or a change of plan leads to the customer's next spell, whenever that begins; an end is an end.
reaching as (
    select
        spells.customer_key,
        spells.subscription_key,
        spells.started_on,
        case
            when spells.ended_on is null then cast('infinity' as date)
            when spells.goes_on then coalesce(beginnings.next_started_on, cast('infinity' as date))
            else spells.ended_on
        end as reaches_to,
    from spells
    asof left join beginnings
        on
            spells.customer_key = beginnings.customer_key
            and spells.ended_on < beginnings.next_started_on
),

-- A spell that begins within what earlier ones reach, or the day after, belongs to their contract.
numbered as (
    select
        *,
        coalesce(
            started_on > max(reaches_to) over (
                partition by customer_key
                order by started_on, subscription_key, reaches_to
                rows between unbounded preceding and 1 preceding
            ) + interval 1 day,
            true
        ) as begins_contract,
    from reaching
),

contracts as (
    select
        *,
        sum(cast(begins_contract as integer)) over (
            partition by customer_key
            order by started_on, subscription_key, reaches_to
            rows between unbounded preceding and current row
        ) as contract_number,
    from numbered
)

select
    customer_key,
    cast(contract_number as integer) as contract_number,
    min(started_on) as started_on,
    nullif(max(reaches_to), cast('infinity' as date)) as ended_on,
from contracts
group by customer_key, contract_number
