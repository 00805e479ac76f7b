with

contacts as (
    select * from {{ ref('contacts') }}
)

select
    any_value(customer_key) as customer_key,
    cast(contacted_at as date) as day,
    count(*) as contacts,
    bool_or(channel_group = 'voice') as has_voice,
    -- One value all day but on the day it changes; then any, as long as it is always the same one.
    min(customer_segment) as customer_segment,
    min(customer_region) as customer_region,
    min(customer_tier) as customer_tier,
from contacts
-- A contact of nobody known stands alone.
group by coalesce(customer_key, contact_kind || contact_key), cast(contacted_at as date)
