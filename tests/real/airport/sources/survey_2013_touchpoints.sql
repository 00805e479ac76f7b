-- One row a respondent and touchpoint rated in 2013; what was never used or left blank is null by now and no row.
select
    '2013-' || RESPNUM as response_id,
    'customer' as respondent_role,
    'experience' as question_kind,
    rating.touchpoint as dimension,
    rating.touchpoint,
    METHOD as channel,
    rating.score,
    WEIGHT as weight,
    make_date(2013, 5, cast(INTDATE as integer)) as answered_at,
    _source_file as source_file,
    _source_line as source_line,
from survey_2013,
    lateral (
        values
            ('Artwork and exhibitions', Q7A_ART),
            ('Restaurants', Q7B_FOOD),
            ('Shops and concessions', Q7C_SHOPS),
            ('Signs inside the airport', Q7D_SIGNS),
            ('Escalators and walkways', Q7E_WALK),
            ('Information on screens', Q7F_SCREENS),
            ('Information booths, arrivals', Q7G_INFOARR),
            ('Information booths, departures', Q7H_INFODEP),
            ('Wi-Fi', Q7I_WIFI),
            ('Signs on the roadways', Q7J_ROAD),
            ('Parking', Q7K_PARK),
            ('AirTrain', Q7L_AIRTRAIN),
            ('Long-term parking shuttle', Q7M_LTPARK),
            ('Rental car centre', Q7N_RENTAL)
    ) as rating (touchpoint, score)
where rating.score is not null
