-- An exporter's value is the ledger's.
SELECT p.supplier_uuid, p.origin_country, p.total_customs_value_usd, l.value_usd
FROM exporter_profile p
FULL JOIN (
    SELECT supplier_uuid, origin_country, SUM(customs_value_usd) AS value_usd, COUNT(*) AS shipments
    FROM global_trades_ledger
    WHERE direction = 'EXPORT'
    GROUP BY supplier_uuid, origin_country
) l ON p.supplier_uuid = l.supplier_uuid AND p.origin_country = l.origin_country
WHERE p.total_customs_value_usd IS DISTINCT FROM l.value_usd
   OR p.total_shipments IS DISTINCT FROM l.shipments
