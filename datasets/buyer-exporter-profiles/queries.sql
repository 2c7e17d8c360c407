-- The report's tables. Run after a refresh as of 2025-11-30.

-- Buyers by country
SELECT
    destination_country,
    COUNT(*) AS profiles,
    SUM(total_shipments) AS shipments,
    ROUND(SUM(total_customs_value_usd)) AS total_value_usd
FROM buyer_profile
GROUP BY destination_country
ORDER BY destination_country;

-- Exporters by country
SELECT
    origin_country,
    COUNT(*) AS profiles,
    SUM(total_shipments) AS shipments,
    ROUND(SUM(total_customs_value_usd)) AS total_value_usd
FROM exporter_profile
GROUP BY origin_country
ORDER BY origin_country;

-- Personas
SELECT persona_label, COUNT(*) AS buyers, ROUND(AVG(total_customs_value_usd)) AS avg_value_usd
FROM buyer_profile
GROUP BY persona_label
ORDER BY buyers DESC;

-- Stability
SELECT
    CASE
        WHEN stability_score >= 80 THEN '80-100'
        WHEN stability_score >= 60 THEN '60-79'
        WHEN stability_score >= 40 THEN '40-59'
        ELSE '0-39'
    END AS band,
    COUNT(*) AS exporters
FROM exporter_profile
GROUP BY band
ORDER BY band DESC;

-- Rows
SELECT 'stg_shipments_raw' AS name, COUNT(*) AS row_count FROM stg_shipments_raw
UNION ALL
SELECT 'stg_shipments_standardized', COUNT(*) FROM stg_shipments_standardized
UNION ALL
SELECT 'global_trades_ledger', COUNT(*) FROM global_trades_ledger
ORDER BY name;

-- The three largest buyers of each country
SELECT destination_country, o.name_normalized, total_customs_value_usd, top_hs_codes
FROM buyer_profile p
JOIN organizations_master o ON p.buyer_uuid = o.org_uuid
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY destination_country ORDER BY total_customs_value_usd DESC, buyer_uuid) <= 3
ORDER BY destination_country, total_customs_value_usd DESC;
