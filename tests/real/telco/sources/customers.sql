-- One row a customer as of the quarter's end.
-- The files give tenures in months and no dates, so three days stand in, all in or just before the period's month: who
-- joined in the quarter (the status says so; of the lost, those with a tenure of at most three months) starts on the
-- 10th, everybody else was there on the eve; who was lost ends on the 20th. An earlier start would claim months in which
-- losses could not be seen.
select
    customers.customerID as customer_key,
    status."Churn Category" as closed_reason,
    case
        when
            status."Customer Status" = 'Joined'
            or (customers.Churn = 'Yes' and cast(customers.tenure as integer) <= 3)
            then date '2018-09-10'
        else date '2018-08-31'
    end as acquired_on,
    case when customers.Churn = 'Yes' then date '2018-09-20' end as closed_on,
    json_object(
        -- The only month that this snapshot can tell of.
        'observed_in', '2018-09',
        'status', status."Customer Status",
        'contract', customers.Contract,
        'internet', customers.InternetService,
        -- 0 or 1 in the CSV where its other flags are Yes or No.
        'senior', case customers.SeniorCitizen when '1' then 'Yes' when '0' then 'No' end,
        'under_30', demographics."Under 30",
        'offer', coalesce(services."Offer", 'None'),
        'tenure_months', cast(customers.tenure as integer),
        'monthly_charges', cast(customers.MonthlyCharges as decimal(12, 2)),
        'total_charges', cast(churn_workbook."Total Charges" as decimal(12, 2)),
        'lifetime_value', cast(status."CLTV" as decimal(12, 2)),
        'referrals', cast(services."Number of Referrals" as decimal(12, 0)),
        'refunds', cast(services."Total Refunds" as decimal(12, 2))
    ) as extra,
    customers._source_file as source_file,
    customers._source_line as source_line,
from customers
inner join status on customers.customerID = status."Customer ID"
inner join services on customers.customerID = services."Customer ID"
inner join demographics on customers.customerID = demographics."Customer ID"
inner join churn_workbook on customers.customerID = churn_workbook.CustomerID
