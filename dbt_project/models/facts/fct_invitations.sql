{{ conform('invitations') }}
