with

posts as (
    select * from {{ ref('fct_forum_posts') }}
),

placed as (
    select
        *,
        row_number() over thread as place,
        first_value(posted_at) over thread as started_at,
        first_value(customer_key) over thread as starter_key,
    from posts
    window thread as (partition by thread_key order by is_reply, posted_at, post_key)
)

select
    thread_key,
    started_at,
    -- Who adds to his own question has not answered it; a writer who is not known is somebody else.
    min(posted_at) filter (
        where is_reply and (coalesce(is_staff, false) or coalesce(customer_key != starter_key, true))
    ) as first_answer_at,
    count(*) filter (where posted_at <= started_at + interval 30 day) as posts_in_30_days,
    max(idea_votes) filter (where place = 1) as idea_votes,
    max(topic) filter (where place = 1) as topic,
    max(customer_key) filter (where place = 1) as customer_key,
    any_value(extra) filter (where place = 1) as extra,
    max(customer_segment) filter (where place = 1) as customer_segment,
    max(customer_region) filter (where place = 1) as customer_region,
    max(customer_tier) filter (where place = 1) as customer_tier,
    max(mapping) filter (where place = 1) as mapping,
    max(source_file) filter (where place = 1) as source_file,
    max(source_line) filter (where place = 1) as source_line,
from placed
group by thread_key, started_at
-- Of a thread that began before a build looks back only replies are there.
having bool_or(not is_reply)
