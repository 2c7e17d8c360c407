-- Customer segments
SELECT 
    behavioral_segment,
    COUNT(*) as customer_count,
    SUM(total_revenue) as segment_revenue
FROM automated_intelligence.analytics.customer_segmentation
GROUP BY behavioral_segment
ORDER BY segment_revenue DESC;

-- Product recommendations
SELECT 
    source_product_name,
    recommended_product_name,
    confidence,
    lift,
    recommendation_message
FROM automated_intelligence.analytics.product_recommendations
WHERE source_product_id = 'PROD_001'
ORDER BY recommendation_rank;

-- Cohort retention
SELECT 
    cohort_month,
    months_since_signup,
    retention_rate,
    cohort_health
FROM automated_intelligence.analytics.monthly_cohorts
WHERE cohort_month >= '2024-01-01'
ORDER BY cohort_month, months_since_signup;

CREATE TASK automated_intelligence.analytics.dbt_daily_refresh
  WAREHOUSE = automated_intelligence_wh
  SCHEDULE = 'USING CRON 0 2 * * * America/Los_Angeles'
AS
  -- Execute via external function or stored proc
  CALL system$run_dbt_job('<job_id>');
