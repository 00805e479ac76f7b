{{ declared_rows(
    var('gap_brand_values'),
    {'dimension': 'varchar', 'why_customers_come': 'varchar', 'for_whom': 'varchar', 'valid_from': 'varchar'}
) }}
