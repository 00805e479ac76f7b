with

contacts as (
    select * from {{ ref('contacts') }}
),

united as (
    select
        any_value(customer_key) as customer_key,
        cast(contacted_at as date) as day,
        count(*) as contacts,
        bool_or(channel_group = 'voice') as has_voice,
        arg_min(
            {
                'segment': customer_segment,
                'region': customer_region,
                'tier': customer_tier,
                'mapping': mapping,
                'file': source_file,
                'line': source_line
            },
            row(contacted_at, contact_kind, contact_key)
        ) as first_contact,
    from contacts
    -- A contact of nobody known stands alone.
    group by coalesce(customer_key, contact_kind || contact_key), cast(contacted_at as date)
)

select
    united.customer_key,
    united.day,
    united.contacts,
    united.has_voice,
    united.first_contact.segment as customer_segment,
    united.first_contact.region as customer_region,
    united.first_contact.tier as customer_tier,
    united.first_contact.mapping,
    united.first_contact.file as source_file,
    united.first_contact.line as source_line,
from united
