-- The ledger: one row per shipment, never aggregated, with the companies of the master list.
-- A counterparty the list does not know keeps an identity of its own, made from its name.
-- @layer silver  @key transaction_id, year  @tags shipments, ledger  @owner data-platform
-- @expect customs_value_usd >= 0 on violation quarantine
-- @expect year BETWEEN 2000 AND 2100 on violation fail
SELECT
    s.std_id AS transaction_id,
    EXTRACT(year FROM s.shipment_date) AS year,
    EXTRACT(month FROM s.shipment_date) AS month,
    s.std_id,
    s.reporting_country,
    s.direction,
    s.origin_country,
    s.destination_country,
    s.shipment_date,
    COALESCE(b.org_uuid, md5(s.buyer_name_normalized)::UUID) AS buyer_uuid,
    COALESCE(e.org_uuid, md5(s.supplier_name_normalized)::UUID) AS supplier_uuid,
    s.hs_code_raw,
    s.hs_code_6,
    s.goods_description,
    s.qty_kg,
    s.customs_value_usd,
    CASE WHEN s.qty_kg > 0 THEN ROUND(s.customs_value_usd / s.qty_kg, 4) END AS price_usd_per_kg,
    s.source_file,
    s.ingested_at AS created_at
FROM stg_shipments_standardized s
LEFT JOIN organizations_master b ON s.buyer_name_normalized = b.name_normalized
LEFT JOIN organizations_master e ON s.supplier_name_normalized = e.name_normalized
