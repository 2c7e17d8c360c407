-- Buyers: what each imports into a country, from whom, how it grows, and what kind of buyer it is.
-- `CURRENT_DATE` is the refresh clock.
-- @layer gold  @key buyer_uuid, destination_country  @unique profile_id  @tags profiles  @owner analytics
-- @expect total_shipments > 0 on violation fail
WITH shipments AS (
    SELECT *
    FROM global_trades_ledger
    WHERE direction = 'IMPORT' AND buyer_uuid IS NOT NULL
),
totals AS (
    SELECT
        buyer_uuid,
        destination_country,
        MIN(shipment_date) AS first_shipment_date,
        MAX(shipment_date) AS last_shipment_date,
        COUNT(*) AS total_shipments,
        SUM(customs_value_usd) AS total_customs_value_usd,
        SUM(qty_kg) AS total_qty_kg,
        COUNT(DISTINCT hs_code_6) AS unique_hs6_count,
        SUM(CASE
            WHEN shipment_date >= CURRENT_DATE - INTERVAL '12 months'
                AND shipment_date < CURRENT_DATE THEN customs_value_usd
        END) AS value_12m,
        SUM(CASE
            WHEN shipment_date >= CURRENT_DATE - INTERVAL '24 months'
                AND shipment_date < CURRENT_DATE - INTERVAL '12 months' THEN customs_value_usd
        END) AS value_previous_12m,
        MAX(reporting_country) AS reporting_country,
        MAX(created_at) AS updated_at
    FROM shipments
    GROUP BY buyer_uuid, destination_country
),
codes AS (
    SELECT
        buyer_uuid,
        destination_country,
        hs_code_6,
        SUM(customs_value_usd) AS value_usd,
        COUNT(*) AS shipments,
        ROW_NUMBER() OVER (
            PARTITION BY buyer_uuid, destination_country
            ORDER BY SUM(customs_value_usd) DESC, hs_code_6) AS position
    FROM shipments
    GROUP BY buyer_uuid, destination_country, hs_code_6
),
top_codes AS (
    SELECT
        buyer_uuid,
        destination_country,
        ('[' || STRING_AGG(
            '{"hs_code_6":"' || hs_code_6 || '","total_value_usd":' || value_usd
                || ',"shipments":' || shipments || '}', ',' ORDER BY position) || ']')::JSON
            AS top_hs_codes
    FROM codes
    WHERE position <= 5
    GROUP BY buyer_uuid, destination_country
),
suppliers AS (
    SELECT
        buyer_uuid,
        destination_country,
        supplier_uuid,
        SUM(customs_value_usd) AS value_usd,
        ROW_NUMBER() OVER (
            PARTITION BY buyer_uuid, destination_country
            ORDER BY SUM(customs_value_usd) DESC, supplier_uuid) AS position
    FROM shipments
    WHERE supplier_uuid IS NOT NULL
    GROUP BY buyer_uuid, destination_country, supplier_uuid
),
top_suppliers AS (
    SELECT
        s.buyer_uuid,
        s.destination_country,
        ('[' || STRING_AGG(
            '{"uuid":"' || s.supplier_uuid || '","name":"' || COALESCE(o.name_normalized, 'Unknown')
                || '","total_value_usd":' || s.value_usd || '}', ',' ORDER BY s.position) || ']')::JSON
            AS top_suppliers
    FROM suppliers s
    LEFT JOIN organizations_master o ON s.supplier_uuid = o.org_uuid
    WHERE s.position <= 5
    GROUP BY s.buyer_uuid, s.destination_country
),
grown AS (
    SELECT
        *,
        CASE
            WHEN value_12m > 0 AND value_previous_12m > 0
            THEN ROUND((value_12m - value_previous_12m) * 100.0 / value_previous_12m, 2)
        END AS growth_12m
    FROM totals
)
SELECT
    ('0x' || substring(md5(g.buyer_uuid::VARCHAR || '|' || g.destination_country), 1, 15))::BIGINT
        AS profile_id,
    g.buyer_uuid,
    g.destination_country,
    g.first_shipment_date,
    g.last_shipment_date,
    g.total_shipments,
    g.total_customs_value_usd,
    g.total_qty_kg,
    CASE
        WHEN g.total_qty_kg > 0 THEN ROUND(g.total_customs_value_usd / g.total_qty_kg, 4)
    END AS avg_price_usd_per_kg,
    g.unique_hs6_count,
    COALESCE(c.top_hs_codes, '[]'::JSON) AS top_hs_codes,
    COALESCE(s.top_suppliers, '[]'::JSON) AS top_suppliers,
    g.growth_12m,
    CASE
        WHEN g.total_customs_value_usd >= 1000000 THEN 'Whale'
        WHEN g.total_customs_value_usd >= 100000
            THEN CASE WHEN g.growth_12m > 50 THEN 'Growing' ELSE 'Mid' END
        WHEN g.total_customs_value_usd >= 10000
            THEN CASE WHEN g.growth_12m > 100 THEN 'Growing' ELSE 'Value' END
        WHEN g.total_shipments <= 2 THEN 'New'
        ELSE 'Small'
    END AS persona_label,
    g.reporting_country,
    g.updated_at
FROM grown g
LEFT JOIN top_codes c
    ON g.buyer_uuid = c.buyer_uuid AND g.destination_country = c.destination_country
LEFT JOIN top_suppliers s
    ON g.buyer_uuid = s.buyer_uuid AND g.destination_country = s.destination_country
