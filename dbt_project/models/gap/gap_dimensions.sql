{{ declared_rows(
    var('gap_dimensions'),
    {
        'dimension': 'varchar', 'position': 'integer', 'scale_low': 'double', 'scale_high': 'double',
        'importance_low': 'double', 'importance_high': 'double'
    }
) }}
