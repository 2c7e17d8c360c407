-- Orders without the retired shop, with names, sales type and Kyiv date.
-- @layer silver  @key id  @tags orders, core  @owner data-team
SELECT
    o.id,
    o.source_id,
    o.status_id,
    o.grand_total,
    o.ordered_at,
    o.buyer_id,
    o.manager_id,
    -- Lookups
    s.name as source_name,
    m.name as manager_name,
    b.full_name as buyer_name,
    -- Computed
    CASE WHEN o.status_id IN (19, 21, 22, 23) THEN TRUE ELSE FALSE END as is_return,
    CASE
        WHEN o.manager_id IN (22, 4, 16) THEN 'retail'
        WHEN o.manager_id IS NULL AND o.source_id = 4 THEN 'retail'
        WHEN o.manager_id = 15 THEN 'b2b'
        ELSE 'other'
    END as sales_type,
    -- Date in Kyiv timezone
    (o.ordered_at AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Kyiv')::DATE as order_date
FROM orders o
LEFT JOIN sources s ON o.source_id = s.id
LEFT JOIN managers m ON o.manager_id = m.id
LEFT JOIN buyers b ON o.buyer_id = b.id
WHERE o.source_id != 3  -- Exclude Opencart
