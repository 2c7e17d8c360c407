-- Gold's revenue is silver's, day by day.
SELECT s.order_date, s.revenue, g.revenue as gold_revenue
FROM (
    SELECT order_date, SUM(grand_total) as revenue
    FROM silver_orders
    WHERE NOT is_return
    GROUP BY order_date
) s
FULL JOIN (
    SELECT date, SUM(revenue) as revenue FROM gold_revenue_daily GROUP BY date
) g ON s.order_date = g.date
WHERE s.revenue IS DISTINCT FROM g.revenue
