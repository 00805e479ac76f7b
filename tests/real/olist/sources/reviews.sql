-- One row an answer, with the person who placed the order.
select
    reviews.review_id as response_id,
    customers.customer_unique_id as customer_key,
    'customer' as respondent_role,
    'csat' as question_kind,
    'order' as touchpoint,
    'email' as channel,
    reviews.review_score as score,
    reviews.review_comment_message as comment,
    case when reviews.review_comment_message is not null then 'pt-BR' end as language,
    reviews.review_creation_date as invited_at,
    reviews.review_answer_timestamp as answered_at,
    reviews._source_file as source_file,
    reviews._source_line as source_line,
from reviews
inner join orders on reviews.order_id = orders.order_id
inner join customers on orders.customer_id = customers.customer_id
