with

ranks as (
    select
        *,
        date_trunc('month', answered_at) as month,
    from {{ ref('fct_feedback') }}
    where question_kind = 'rank' and respondent_role = 'customer' and dimension is not null
    -- A customer's last response of the month, as a whole: places of two responses do not go together.
    qualify
        customer_key is null
        or response_id = first_value(response_id) over (
            partition by customer_key, date_trunc('month', answered_at) order by answered_at desc, response_id desc
        )
),

responses as (
    select
        response_id,
        month,
        mapping,
        min(customer_key) as customer_key,
        max(answered_at) as answered_at,
        count(*) as ranked,
        min(customer_segment) as customer_segment,
        min(customer_region) as customer_region,
        min(customer_tier) as customer_tier,
        min(source_file) as source_file,
        min(source_line) as source_line,
    from ranks
    group by response_id, month, mapping
),

-- What one survey had to choose from: whatever somebody ranked in the month.
offered as (
    select
        month,
        mapping,
        dimension as driver,
        count(*) over (partition by month, mapping) as drivers,
    from ranks
    group by month, mapping, dimension
),

answered as (
    select
        responses.*,
        offered.driver,
        offered.drivers,
        ranks.score,
    from responses
    inner join offered
        on
            responses.month = offered.month
            and responses.mapping is not distinct from offered.mapping
    left join ranks
        on
            responses.response_id = ranks.response_id
            and responses.month = ranks.month
            and responses.mapping is not distinct from ranks.mapping
            and offered.driver = ranks.dimension
)

select
    response_id,
    customer_key,
    answered_at,
    driver,
    drivers,
    score is not null as is_ranked,
    -- Equals share their places, and those left out share the places that are left.
    cast(
        case
            when score is null then (ranked + 1 + drivers) / 2
            else
                rank() over (partition by response_id, month, mapping order by score nulls last)
                + (count(*) over (partition by response_id, month, mapping, score) - 1) / 2
        end as decimal(6, 2)
    ) as place,
    customer_segment,
    customer_region,
    customer_tier,
    mapping,
    source_file,
    source_line,
from answered
