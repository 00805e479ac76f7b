{{ conform('campaign_contacts') }}
