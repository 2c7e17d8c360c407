-- New and returning customers by day. A change to one order can move its buyer's first date, and
-- with it rows of days long past.
-- @layer gold  @key date  @tags customers  @owner data-team
SELECT
    o.order_date as date,
    COUNT(DISTINCT CASE WHEN o.order_date = f.first_order_date THEN o.buyer_id END) as new_customers,
    COUNT(DISTINCT CASE WHEN o.order_date > f.first_order_date THEN o.buyer_id END)
        as returning_customers,
    SUM(CASE WHEN o.order_date = f.first_order_date THEN o.grand_total ELSE 0 END)
        as new_customer_revenue,
    SUM(CASE WHEN o.order_date > f.first_order_date THEN o.grand_total ELSE 0 END)
        as returning_customer_revenue
FROM silver_orders o
JOIN silver_buyer_first_order f ON o.buyer_id = f.buyer_id
WHERE NOT o.is_return
GROUP BY o.order_date
