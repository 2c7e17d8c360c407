-- silver_orders: Cleaned orders with lookups
CREATE TABLE silver_orders AS
SELECT
    o.id,
    o.source_id,
    o.status_id,
    o.grand_total,
    o.ordered_at,
    o.buyer_id,
    o.manager_id,
    -- Lookups
    s.name as source_name,
    m.name as manager_name,
    b.full_name as buyer_name,
    -- Computed
    CASE WHEN o.status_id IN (19, 21, 22, 23) THEN TRUE ELSE FALSE END as is_return,
    CASE
        WHEN o.manager_id IN (22, 4, 16) THEN 'retail'
        WHEN o.manager_id IS NULL AND o.source_id = 4 THEN 'retail'
        WHEN o.manager_id = 15 THEN 'b2b'
        ELSE 'other'
    END as sales_type,
    -- Date in Kyiv timezone
    (o.ordered_at AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Kyiv')::DATE as order_date
FROM orders o
LEFT JOIN sources s ON o.source_id = s.id
LEFT JOIN managers m ON o.manager_id = m.id
LEFT JOIN buyers b ON o.buyer_id = b.id
WHERE o.source_id != 3  -- Exclude Opencart
;

-- gold_revenue_daily: Daily revenue by sales type
CREATE TABLE gold_revenue_daily AS
SELECT
    order_date as date,
    sales_type,
    SUM(grand_total) as revenue,
    COUNT(*) as orders_count,
    ROUND(SUM(grand_total) / COUNT(*), 2) as avg_check
FROM silver_orders
WHERE NOT is_return
GROUP BY order_date, sales_type;

-- gold_product_daily: Daily product performance
CREATE TABLE gold_product_daily AS
SELECT
    o.order_date as date,
    op.product_id,
    p.name as product_name,
    p.category_id,
    p.brand,
    SUM(op.quantity) as quantity,
    SUM(op.price * op.quantity) as revenue
FROM order_products op
JOIN silver_orders o ON op.order_id = o.id
JOIN products p ON op.product_id = p.id
WHERE NOT o.is_return
GROUP BY o.order_date, op.product_id, p.name, p.category_id, p.brand;

-- Orders (frequently filtered)
CREATE INDEX idx_orders_ordered_at ON orders(ordered_at);
CREATE INDEX idx_orders_status ON orders(status_id);
CREATE INDEX idx_orders_source ON orders(source_id);
CREATE INDEX idx_orders_buyer ON orders(buyer_id);
CREATE INDEX idx_orders_manager ON orders(manager_id);

-- Silver layer
CREATE INDEX idx_silver_orders_date ON silver_orders(order_date);
CREATE INDEX idx_silver_orders_sales_type ON silver_orders(sales_type);
CREATE INDEX idx_silver_orders_buyer ON silver_orders(buyer_id);

-- Gold layer (usually full scans, but date filter helps)
CREATE INDEX idx_gold_revenue_date ON gold_revenue_daily(date);
CREATE INDEX idx_gold_product_date ON gold_product_daily(date);

-- Last sync time
SELECT MAX(ordered_at) as last_order FROM orders;

-- Orders per day (detect gaps)
SELECT
    DATE(ordered_at) as date,
    COUNT(*) as orders
FROM orders
WHERE ordered_at >= CURRENT_DATE - INTERVAL 7 DAY
GROUP BY date
ORDER BY date;

-- Duplicate check
SELECT id, COUNT(*) as cnt
FROM orders
GROUP BY id
HAVING cnt > 1;

CHECKPOINT;

CREATE TEMP TABLE temp_orders AS
        SELECT * FROM orders WHERE 1=0;

INSERT INTO temp_orders VALUES (?, ?, ?, ?, ?, ?, ?);

INSERT OR REPLACE INTO orders
        SELECT * FROM temp_orders;

DROP TABLE temp_orders;

SET memory_limit='512MB';

SET threads=4;

SET force_compression='auto';

INSERT INTO orders VALUES (?);

INSERT INTO orders VALUES (?, ?, ?, ?);

INSERT INTO orders SELECT * FROM df;
