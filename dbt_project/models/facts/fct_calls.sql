{{ conform('calls') }}
