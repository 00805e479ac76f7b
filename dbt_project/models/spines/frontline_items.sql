with

groups as (
    select * from {{ ref('fct_employee_months') }}
)

select
    groups.employee_group,
    groups.month,
    cast(numbers.number as integer) as number,
    -- Number 0 is no item: it says that the group's month was delivered, for no item at all is a figure too.
    numbers.number > 0 as is_item,
    case when numbers.number > 0 then numbers.number <= groups.items_answered end as is_answered,
    groups.mapping,
    groups.source_file,
    groups.source_line,
from groups,
    unnest(generate_series(0, groups.items_raised)) as numbers (number)
