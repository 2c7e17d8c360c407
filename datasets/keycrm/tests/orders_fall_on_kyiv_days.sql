-- No order is further from its Kyiv day than the clock's offset, two or three hours, allows.
SELECT id, ordered_at, order_date
FROM silver_orders
WHERE ordered_at < order_date - INTERVAL 3 HOUR
   OR ordered_at >= order_date + INTERVAL 22 HOUR
