{{ declared_rows(
    var('gap_initiatives'),
    {
        'initiative': 'varchar', 'title': 'varchar', 'dimension': 'varchar', 'requirement': 'varchar',
        'owner': 'varchar', 'start': 'varchar', 'due': 'varchar', 'cost': 'double', 'currency': 'varchar',
        'strategy_fit': 'double', 'people_ready': 'double', 'process_ready': 'double', 'technology_ready': 'double',
        'promised_multiple': 'double', 'outcome': 'varchar', 'direction': 'integer'
    }
) }}
