-- One row per purchase driver a customer gave a place; some name their first two only.
select
    survey.response_id,
    survey.customer_id as customer_key,
    'customer' as respondent_role,
    'rank' as question_kind,
    asked.dimension,
    survey.answered_by as channel,
    asked.score,
    survey.language,
    survey.invited as invited_at,
    survey.answered as answered_at,
    survey._source_file as source_file,
    survey._source_line as source_line
from survey,
    lateral (
        values
            ('recommendation', survey.rank_recommendation),
            ('product', survey.rank_product),
            ('price', survey.rank_price),
            ('advertising', survey.rank_advertising)
    ) as asked (dimension, score)
where asked.score is not null
