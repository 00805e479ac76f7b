{{ conform('sessions') }}
