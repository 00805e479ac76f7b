{{ conform('orders') }}
