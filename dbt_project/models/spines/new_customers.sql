with

versions as (
    select
        customer_key,
        acquired_on,
        acquisition_source,
        closed_on,
        valid_to,
        mapping,
        source_file,
        source_line,
        -- Who they were when they joined is what their first known version says.
        first_value(segment) over (partition by customer_key order by valid_from nulls first) as customer_segment,
        first_value(region) over (partition by customer_key order by valid_from nulls first) as customer_region,
        first_value(tier) over (partition by customer_key order by valid_from nulls first) as customer_tier,
    from {{ ref('fct_customers') }}
)

select
    customer_key,
    acquired_on,
    coalesce(acquisition_source, 'unknown') as acquisition_source,
    closed_on,
    customer_segment,
    customer_region,
    customer_tier,
    mapping,
    source_file,
    source_line,
from versions
where
    valid_to is null
    and acquired_on >= cast({{ history_start() }} as date)
