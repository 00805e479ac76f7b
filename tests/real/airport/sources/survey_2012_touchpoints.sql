-- One row a respondent and touchpoint rated in 2012; what was never used or left blank is null by now and no row.
select
    '2012-' || RESPNUM as response_id,
    'customer' as respondent_role,
    'experience' as question_kind,
    rating.touchpoint as dimension,
    rating.touchpoint,
    rating.score,
    make_date(2012, 5, cast(INTDATE as integer)) as answered_at,
    json_object('boarding_area', BAREA) as extra,
    _source_file as source_file,
    _source_line as source_line,
from survey_2012,
    lateral (
        values
            ('Artwork and exhibitions', Q8A_ART),
            ('Restaurants', Q8B_FOOD),
            ('Shops and concessions', Q8C_SHOP),
            ('Signs inside the airport', Q8D_SIGNS),
            ('Escalators and walkways', Q8E_WALK),
            ('Information on screens', Q8F_SCREENS),
            ('Information booths, arrivals', Q8G_INFOARR),
            ('Information booths, departures', Q8H_INFODEP),
            ('Signs on the roadways', Q8I_ROAD),
            ('Parking', Q8J_PARK),
            ('AirTrain', Q8K_AIRTRAIN),
            ('Long-term parking shuttle', Q8L_LTPARK),
            ('Rental car centre', Q8M_RENTAL)
    ) as rating (touchpoint, score)
where rating.score is not null
