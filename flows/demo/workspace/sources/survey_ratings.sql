-- One row per rating of a gap dimension: a response of the long form holds eighteen.
select
    survey.response_id,
    survey.customer_id as customer_key,
    'customer' as respondent_role,
    asked.question_kind,
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
            ('experience', 'product', survey.experience_product),
            ('experience', 'service', survey.experience_service),
            ('experience', 'relationship', survey.experience_relationship),
            ('experience', 'convenience', survey.experience_convenience),
            ('experience', 'brand_image', survey.experience_brand_image),
            ('experience', 'price', survey.experience_price),
            ('expectation', 'product', survey.expectation_product),
            ('expectation', 'service', survey.expectation_service),
            ('expectation', 'relationship', survey.expectation_relationship),
            ('expectation', 'convenience', survey.expectation_convenience),
            ('expectation', 'brand_image', survey.expectation_brand_image),
            ('expectation', 'price', survey.expectation_price),
            ('importance', 'product', survey.importance_product),
            ('importance', 'service', survey.importance_service),
            ('importance', 'relationship', survey.importance_relationship),
            ('importance', 'convenience', survey.importance_convenience),
            ('importance', 'brand_image', survey.importance_brand_image),
            ('importance', 'price', survey.importance_price)
    ) as asked (question_kind, dimension, score)
where asked.score is not null
