-- A buyer's value is the ledger's.
SELECT p.buyer_uuid, p.destination_country, p.total_customs_value_usd, l.value_usd
FROM buyer_profile p
FULL JOIN (
    SELECT buyer_uuid, destination_country, SUM(customs_value_usd) AS value_usd, COUNT(*) AS shipments
    FROM global_trades_ledger
    WHERE direction = 'IMPORT'
    GROUP BY buyer_uuid, destination_country
) l ON p.buyer_uuid = l.buyer_uuid AND p.destination_country = l.destination_country
WHERE p.total_customs_value_usd IS DISTINCT FROM l.value_usd
   OR p.total_shipments IS DISTINCT FROM l.shipments
