{{ conform('employee_months', customers=false) }}
