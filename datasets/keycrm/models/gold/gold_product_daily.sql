-- Quantity and revenue by day and product.
-- @layer gold  @key date, product_id  @tags products  @owner data-team
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
