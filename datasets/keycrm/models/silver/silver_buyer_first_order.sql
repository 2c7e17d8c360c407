-- Each buyer's first order date over all history, returns left out.
-- @layer silver  @key buyer_id  @tags customers  @owner data-team
SELECT
    buyer_id,
    MIN(order_date) as first_order_date,
    COUNT(*) as orders_count,
    SUM(grand_total) as revenue
FROM silver_orders
WHERE NOT is_return AND buyer_id IS NOT NULL
GROUP BY buyer_id
