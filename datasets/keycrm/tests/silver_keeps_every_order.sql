-- Silver has every order but those of the retired shop.
SELECT o.id
FROM orders o
LEFT JOIN silver_orders s ON o.id = s.id
WHERE o.source_id != 3 AND s.id IS NULL
