SELECT pipeline_name, started_at, status, rows_processed, rows_created
FROM pipeline_runs
WHERE pipeline_name = 'build_profiles'
ORDER BY started_at DESC;
