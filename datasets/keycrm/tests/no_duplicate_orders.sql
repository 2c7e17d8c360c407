-- Every order is there once.
SELECT id, COUNT(*) as cnt
FROM orders
GROUP BY id
HAVING cnt > 1
