-- Silver and gold. The SELECTs are those of models/; here each is declared by hand.

CREATE SILVER TABLE silver_orders
  ( PRIMARY KEY (id) )
  TAGS ('orders', 'core') OWNER 'data-team'
  COMMENT 'Orders without the retired shop, with names, sales type and Kyiv date'
AS
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

CREATE GOLD TABLE gold_revenue_daily
  ( UNIQUE (date, sales_type) )
  TAGS ('revenue') OWNER 'data-team'
  COMMENT 'Revenue, orders and average order by day and sales type'
AS
SELECT
    order_date as date,
    sales_type,
    SUM(grand_total) as revenue,
    COUNT(*) as orders_count,
    ROUND(SUM(grand_total) / COUNT(*), 2) as avg_check
FROM silver_orders
WHERE NOT is_return
GROUP BY order_date, sales_type
;

CREATE GOLD TABLE gold_product_daily
  ( UNIQUE (date, product_id) )
  TAGS ('products') OWNER 'data-team'
  COMMENT 'Quantity and revenue by day and product'
AS
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
GROUP BY o.order_date, op.product_id, p.name, p.category_id, p.brand
;
