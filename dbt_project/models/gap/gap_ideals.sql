{{ declared_rows(
    var('gap_ideals'),
    {'dimension': 'varchar', 'ideal': 'double', 'valid_from': 'varchar', 'reason': 'varchar'}
) }}
