with

groups as (
    select * from {{ ref('fct_employee_months') }}
)

select
    groups.employee_group,
    groups.month,
    cast(numbers.number as integer) as number,
    numbers.number <= groups.leavers as left_in_month,
    groups.output as group_output,
    groups.items_raised is not null as items_delivered,
    groups.mapping,
    groups.source_file,
    groups.source_line,
from groups,
    unnest(generate_series(1, groups.head_count)) as numbers (number)
