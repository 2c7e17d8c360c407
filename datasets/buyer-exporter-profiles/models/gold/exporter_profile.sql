-- Exporters: what each ships from a country, to whom, how steadily, and how ready it is for new
-- buyers. `CURRENT_DATE` is the refresh clock.
-- @layer gold  @key supplier_uuid, origin_country  @unique profile_id  @tags profiles  @owner analytics
-- @expect stability_score BETWEEN 0 AND 100 on violation fail
-- @expect onboarding_score BETWEEN 0 AND 100 on violation fail
WITH shipments AS (
    SELECT *
    FROM global_trades_ledger
    WHERE direction = 'EXPORT' AND supplier_uuid IS NOT NULL
),
totals AS (
    SELECT
        supplier_uuid,
        origin_country,
        MIN(shipment_date) AS first_shipment_date,
        MAX(shipment_date) AS last_shipment_date,
        COUNT(*) AS total_shipments,
        SUM(customs_value_usd) AS total_customs_value_usd,
        SUM(qty_kg) AS total_qty_kg,
        COUNT(DISTINCT hs_code_6) AS unique_hs6_count,
        MAX(reporting_country) AS reporting_country,
        MAX(created_at) AS updated_at
    FROM shipments
    GROUP BY supplier_uuid, origin_country
),
months AS (
    SELECT
        supplier_uuid,
        origin_country,
        date_trunc('month', shipment_date) AS month,
        COUNT(*) AS shipments
    FROM shipments
    WHERE shipment_date >= CURRENT_DATE - INTERVAL '12 months' AND shipment_date < CURRENT_DATE
    GROUP BY supplier_uuid, origin_country, date_trunc('month', shipment_date)
),
-- Half the points for months active, half for an even number of shipments a month.
steadiness AS (
    SELECT
        supplier_uuid,
        origin_country,
        ROUND(
            LEAST(COUNT(*) / 12.0 * 50, 50)
                + GREATEST(0, 50 - 25 * COALESCE(STDDEV_SAMP(shipments), 0) / AVG(shipments)), 2)
            AS stability_score
    FROM months
    GROUP BY supplier_uuid, origin_country
),
codes AS (
    SELECT
        supplier_uuid,
        origin_country,
        hs_code_6,
        SUM(customs_value_usd) AS value_usd,
        COUNT(*) AS shipments,
        ROW_NUMBER() OVER (
            PARTITION BY supplier_uuid, origin_country
            ORDER BY SUM(customs_value_usd) DESC, hs_code_6) AS position
    FROM shipments
    GROUP BY supplier_uuid, origin_country, hs_code_6
),
top_codes AS (
    SELECT
        supplier_uuid,
        origin_country,
        ('[' || STRING_AGG(
            '{"hs_code_6":"' || hs_code_6 || '","total_value_usd":' || value_usd
                || ',"shipments":' || shipments || '}', ',' ORDER BY position) || ']')::JSON
            AS top_hs_codes
    FROM codes
    WHERE position <= 5
    GROUP BY supplier_uuid, origin_country
),
buyers AS (
    SELECT
        supplier_uuid,
        origin_country,
        buyer_uuid,
        SUM(customs_value_usd) AS value_usd,
        ROW_NUMBER() OVER (
            PARTITION BY supplier_uuid, origin_country
            ORDER BY SUM(customs_value_usd) DESC, buyer_uuid) AS position
    FROM shipments
    WHERE buyer_uuid IS NOT NULL
    GROUP BY supplier_uuid, origin_country, buyer_uuid
),
top_buyers AS (
    SELECT
        b.supplier_uuid,
        b.origin_country,
        ('[' || STRING_AGG(
            '{"uuid":"' || b.buyer_uuid || '","name":"' || COALESCE(o.name_normalized, 'Unknown')
                || '","total_value_usd":' || b.value_usd || '}', ',' ORDER BY b.position) || ']')::JSON
            AS top_buyers
    FROM buyers b
    LEFT JOIN organizations_master o ON b.buyer_uuid = o.org_uuid
    WHERE b.position <= 5
    GROUP BY b.supplier_uuid, b.origin_country
)
SELECT
    ('0x' || substring(md5(t.supplier_uuid::VARCHAR || '|' || t.origin_country), 1, 15))::BIGINT
        AS profile_id,
    t.supplier_uuid,
    t.origin_country,
    t.first_shipment_date,
    t.last_shipment_date,
    t.total_shipments,
    t.total_customs_value_usd,
    t.total_qty_kg,
    CASE
        WHEN t.total_qty_kg > 0 THEN ROUND(t.total_customs_value_usd / t.total_qty_kg, 4)
    END AS avg_price_usd_per_kg,
    t.unique_hs6_count,
    COALESCE(c.top_hs_codes, '[]'::JSON) AS top_hs_codes,
    COALESCE(b.top_buyers, '[]'::JSON) AS top_buyers,
    -- An exporter without a shipment in the last twelve months is neither steady nor unsteady.
    COALESCE(s.stability_score, 50) AS stability_score,
    LEAST(
        100,
        50
        + CASE
            WHEN t.total_shipments >= 100 THEN 20
            WHEN t.total_shipments >= 50 THEN 15
            WHEN t.total_shipments >= 20 THEN 10
            WHEN t.total_shipments >= 5 THEN 5
            ELSE 0
        END
        + CASE
            WHEN t.last_shipment_date >= CURRENT_DATE - INTERVAL 30 DAY THEN 20
            WHEN t.last_shipment_date >= CURRENT_DATE - INTERVAL 90 DAY THEN 15
            WHEN t.last_shipment_date >= CURRENT_DATE - INTERVAL 180 DAY THEN 10
            ELSE 0
        END
        + CASE
            WHEN t.last_shipment_date - t.first_shipment_date >= 365 THEN 10
            WHEN t.last_shipment_date - t.first_shipment_date >= 180 THEN 5
            ELSE 0
        END) AS onboarding_score,
    t.reporting_country,
    t.updated_at
FROM totals t
LEFT JOIN steadiness s
    ON t.supplier_uuid = s.supplier_uuid AND t.origin_country = s.origin_country
LEFT JOIN top_codes c
    ON t.supplier_uuid = c.supplier_uuid AND t.origin_country = c.origin_country
LEFT JOIN top_buyers b
    ON t.supplier_uuid = b.supplier_uuid AND t.origin_country = b.origin_country
