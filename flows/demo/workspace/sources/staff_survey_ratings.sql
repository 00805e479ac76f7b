-- One row per rating of a gap dimension by somebody of the front line or the management.
select
    staff_survey.response as response_id,
    staff_survey.role as respondent_role,
    asked.question_kind,
    asked.dimension,
    asked.score,
    staff_survey.answered as answered_at,
    staff_survey.team as employee_group,
    staff_survey._source_file as source_file,
    staff_survey._source_line as source_line
from staff_survey,
    lateral (
        values
            ('experience', 'product', staff_survey.experience_product),
            ('experience', 'service', staff_survey.experience_service),
            ('experience', 'relationship', staff_survey.experience_relationship),
            ('experience', 'convenience', staff_survey.experience_convenience),
            ('experience', 'brand_image', staff_survey.experience_brand_image),
            ('experience', 'price', staff_survey.experience_price),
            ('expectation', 'product', staff_survey.expectation_product),
            ('expectation', 'service', staff_survey.expectation_service),
            ('expectation', 'relationship', staff_survey.expectation_relationship),
            ('expectation', 'convenience', staff_survey.expectation_convenience),
            ('expectation', 'brand_image', staff_survey.expectation_brand_image),
            ('expectation', 'price', staff_survey.expectation_price),
            ('importance', 'product', staff_survey.importance_product),
            ('importance', 'service', staff_survey.importance_service),
            ('importance', 'relationship', staff_survey.importance_relationship),
            ('importance', 'convenience', staff_survey.importance_convenience),
            ('importance', 'brand_image', staff_survey.importance_brand_image),
            ('importance', 'price', staff_survey.importance_price)
    ) as asked (question_kind, dimension, score)
where asked.score is not null
