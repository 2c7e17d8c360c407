-- Cluster size distribution overview
WITH cluster_sizes AS (
  SELECT
    user_main_id,
    COUNT(DISTINCT other_id) as cluster_size,
    COUNT(DISTINCT CASE WHEN other_id_type = 'anonymous_id' THEN other_id END) as anon_ids,
    COUNT(DISTINCT CASE WHEN other_id_type = 'user_id' THEN other_id END) as user_ids
  FROM output_schema.USER_ID_STITCHER
  GROUP BY user_main_id
)
SELECT
  COUNT(*) as total_profiles,
  MAX(cluster_size) as largest_cluster,
  ROUND(AVG(cluster_size), 2) as avg_cluster_size,
  MEDIAN(cluster_size) as median_cluster_size,
  SUM(CASE WHEN cluster_size > 100 THEN 1 ELSE 0 END) as clusters_over_100,
  SUM(CASE WHEN cluster_size > 50 THEN 1 ELSE 0 END) as clusters_over_50,
  SUM(CASE WHEN cluster_size > 10 THEN 1 ELSE 0 END) as clusters_over_10,
  SUM(CASE WHEN user_ids > 1 THEN 1 ELSE 0 END) as profiles_with_multiple_user_ids
FROM cluster_sizes;

-- Top 20 largest clusters with breakdown
SELECT
  user_main_id,
  COUNT(DISTINCT CASE WHEN other_id_type = 'anonymous_id' THEN other_id END) as anonymous_ids,
  COUNT(DISTINCT CASE WHEN other_id_type = 'user_id' THEN other_id END) as user_ids,
  COUNT(DISTINCT other_id) as total_ids
FROM output_schema.USER_ID_STITCHER
GROUP BY user_main_id
ORDER BY total_ids DESC
LIMIT 20;

-- See all IDs in a specific cluster
SELECT
  user_main_id,
  other_id,
  other_id_type
FROM output_schema.USER_ID_STITCHER
WHERE user_main_id = '<suspicious_user_main_id>'
ORDER BY other_id_type, other_id;

-- Check if anonymous_ids in the cluster share user_ids (this is how they get connected)
WITH cluster_ids AS (
  SELECT other_id, other_id_type
  FROM output_schema.USER_ID_STITCHER
  WHERE user_main_id = '<suspicious_user_main_id>'
),
cluster_anon_ids AS (
  SELECT other_id as anonymous_id FROM cluster_ids WHERE other_id_type = 'anonymous_id'
),
cluster_user_ids AS (
  SELECT other_id as user_id FROM cluster_ids WHERE other_id_type = 'user_id'
)
-- Find which source rows connected these IDs
SELECT
  i.anonymous_id,
  i.user_id,
  i.timestamp,
  'identifies' as source
FROM (
  SELECT anonymous_id, user_id, timestamp
  FROM rudderstack.marketplace_javascript_production.identifies
  UNION ALL
  SELECT anonymous_id, user_id, timestamp
  FROM rudderstack.marketplace_ruby_production.identifies
) i
WHERE i.anonymous_id IN (SELECT anonymous_id FROM cluster_anon_ids)
   OR i.user_id IN (SELECT user_id FROM cluster_user_ids)
ORDER BY i.timestamp
LIMIT 500;

-- Find anonymous_ids that are "bridges" (connect to multiple user_ids)
WITH identifies_combined AS (
  SELECT anonymous_id, user_id
  FROM rudderstack.marketplace_javascript_production.identifies
  WHERE anonymous_id IS NOT NULL AND anonymous_id != ''
    AND user_id IS NOT NULL AND user_id != ''
  UNION ALL
  SELECT anonymous_id, user_id
  FROM rudderstack.marketplace_ruby_production.identifies
  WHERE anonymous_id IS NOT NULL AND anonymous_id != ''
    AND user_id IS NOT NULL AND user_id != ''
)
SELECT
  anonymous_id,
  COUNT(DISTINCT user_id) as distinct_user_ids,
  LISTAGG(DISTINCT user_id, ', ') WITHIN GROUP (ORDER BY user_id) as user_ids_sample
FROM identifies_combined
GROUP BY anonymous_id
HAVING COUNT(DISTINCT user_id) > 1
ORDER BY distinct_user_ids DESC
LIMIT 50;

-- Find user_ids that connect to many anonymous_ids (potential shared accounts)
WITH identifies_combined AS (
  SELECT anonymous_id, user_id
  FROM rudderstack.marketplace_javascript_production.identifies
  WHERE anonymous_id IS NOT NULL AND anonymous_id != ''
    AND user_id IS NOT NULL AND user_id != ''
  UNION ALL
  SELECT anonymous_id, user_id
  FROM rudderstack.marketplace_ruby_production.identifies
  WHERE anonymous_id IS NOT NULL AND anonymous_id != ''
    AND user_id IS NOT NULL AND user_id != ''
)
SELECT
  user_id,
  COUNT(DISTINCT anonymous_id) as distinct_anonymous_ids
FROM identifies_combined
GROUP BY user_id
HAVING COUNT(DISTINCT anonymous_id) > 20
ORDER BY distinct_anonymous_ids DESC
LIMIT 50;

-- Find profiles with suspicious feature values
SELECT
  user_id,
  count_user_ids,
  count_anonymous_ids,
  total_orders,
  lifetime_revenue_usd,
  first_order_date,
  last_order_date
FROM output_schema.WITH_USER_ID
WHERE count_user_ids > 5  -- Multiple user_ids merged
   OR count_anonymous_ids > 100  -- Too many devices
   OR lifetime_revenue_usd > 100000  -- Unusually high (adjust threshold)
ORDER BY count_user_ids DESC, count_anonymous_ids DESC
LIMIT 50;

-- Random sample of multi-id profiles
SELECT
  user_id,
  count_user_ids,
  count_anonymous_ids,
  total_orders,
  lifetime_revenue_usd,
  is_repeat_buyer,
  first_order_date,
  last_order_date
FROM output_schema.WITH_USER_ID
WHERE count_anonymous_ids BETWEEN 2 AND 5  -- Reasonable multi-device users
  AND total_orders > 0
ORDER BY RANDOM()
LIMIT 20;

-- 1. Get the user_main_id for the affected customer
SELECT user_main_id, other_id, other_id_type
FROM output_schema.USER_ID_STITCHER
WHERE other_id = '<customer_user_id>';

-- 2. See all IDs merged into that profile
SELECT * FROM output_schema.USER_ID_STITCHER
WHERE user_main_id = '<user_main_id_from_step_1>';

-- 3. Check source data for the bridge
-- (use the query from Step 3 above with this user_main_id)

-- Compare cluster composition between runs (if you have historical snapshots)
-- Or check recent identify events for the cluster's IDs
WITH cluster_ids AS (
  SELECT other_id, other_id_type
  FROM output_schema.USER_ID_STITCHER
  WHERE user_main_id = '<largest_cluster_main_id>'
)
SELECT
  DATE_TRUNC('day', timestamp) as day,
  COUNT(*) as events,
  COUNT(DISTINCT anonymous_id) as unique_anon_ids,
  COUNT(DISTINCT user_id) as unique_user_ids
FROM (
  SELECT anonymous_id, user_id, timestamp
  FROM rudderstack.marketplace_javascript_production.identifies
  WHERE anonymous_id IN (SELECT other_id FROM cluster_ids WHERE other_id_type = 'anonymous_id')
)
GROUP BY 1 ORDER BY 1 DESC;

-- Check how many anonymous_ids the filter is excluding
WITH super_connectors AS (
  SELECT anonymous_id, COUNT(DISTINCT user_id) as user_count
  FROM (
    SELECT anonymous_id, user_id FROM rudderstack.marketplace_javascript_production.identifies
    WHERE anonymous_id IS NOT NULL AND user_id IS NOT NULL
    UNION ALL
    SELECT anonymous_id, user_id FROM rudderstack.marketplace_ruby_production.identifies
    WHERE anonymous_id IS NOT NULL AND user_id IS NOT NULL
  )
  GROUP BY anonymous_id
  HAVING COUNT(DISTINCT user_id) > 5  -- Current threshold
)
SELECT
  COUNT(*) as excluded_anonymous_ids,
  SUM(user_count) as total_edges_prevented
FROM super_connectors;
