-- Every line belongs to an order and names a product.
SELECT op.order_id, op.product_id
FROM order_products op
WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = op.order_id)
   OR NOT EXISTS (SELECT 1 FROM products p WHERE p.id = op.product_id)
