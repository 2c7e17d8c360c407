-- Monitoring, and the questions a dashboard asks. Run after layers.sql and REFRESH ALL.

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

-- Days without a single order between the first and the last
WITH days AS (
    SELECT order_date, LEAD(order_date) OVER (ORDER BY order_date) as next_date
    FROM (SELECT DISTINCT order_date FROM silver_orders) d
)
SELECT order_date, next_date
FROM days
WHERE next_date - order_date > 1
ORDER BY order_date;

-- Revenue by month and sales type
SELECT
    date_trunc('month', date) as month,
    sales_type,
    SUM(revenue) as revenue,
    SUM(orders_count) as orders,
    ROUND(SUM(revenue) / SUM(orders_count), 2) as avg_check
FROM gold_revenue_daily
GROUP BY month, sales_type
ORDER BY month, sales_type;

-- Best products of all time
SELECT product_id, product_name, brand, SUM(quantity) as quantity, SUM(revenue) as revenue
FROM gold_product_daily
GROUP BY product_id, product_name, brand
ORDER BY revenue DESC, product_id
LIMIT 10;

-- Brands by category, with their share
SELECT
    c.name as category,
    g.brand,
    SUM(g.revenue) as revenue,
    ROUND(100.0 * SUM(g.revenue) / SUM(SUM(g.revenue)) OVER (PARTITION BY c.name), 1) as share
FROM gold_product_daily g
LEFT JOIN categories c ON g.category_id = c.id
GROUP BY c.name, g.brand
ORDER BY category NULLS LAST, revenue DESC, g.brand;

-- Return rate by source
SELECT
    source_name,
    COUNT(*) as orders,
    COUNT(*) FILTER (WHERE is_return) as returns,
    ROUND(100.0 * COUNT(*) FILTER (WHERE is_return) / COUNT(*), 2) as return_rate
FROM silver_orders
GROUP BY source_name
ORDER BY source_name;

-- Margin by day after expenses, last days first
SELECT
    s.order_date,
    SUM(s.grand_total) as revenue,
    SUM(e.amount) as expenses
FROM silver_orders s
LEFT JOIN (
    SELECT order_id, SUM(amount) as amount FROM expenses GROUP BY order_id
) e ON e.order_id = s.id
WHERE NOT s.is_return
GROUP BY s.order_date
ORDER BY s.order_date DESC
LIMIT 14;
