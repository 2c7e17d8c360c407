-- Revenue, orders and average order by day and sales type.
-- @layer gold  @key date, sales_type  @tags revenue  @owner data-team
SELECT
    order_date as date,
    sales_type,
    SUM(grand_total) as revenue,
    COUNT(*) as orders_count,
    ROUND(SUM(grand_total) / COUNT(*), 2) as avg_check
FROM silver_orders
WHERE NOT is_return
GROUP BY order_date, sales_type
