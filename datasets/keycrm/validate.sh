#!/usr/bin/env bash
# An export against the database, day by day: the same orders, and revenue within 1. Prints the days that
# differ; exit code 1 when there are any. OLAP names the binary.
set -euo pipefail
if [ $# != 2 ]; then
  echo "usage: validate.sh EXPORT_FOLDER DATABASE" >&2
  exit 2
fi
olap=${OLAP:-olap}

differing=$("$olap" shell -readonly "$2" -csv -noheader -c "
  WITH export AS (
    SELECT id, ordered_at, grand_total::DECIMAL(12,2) AS grand_total
    FROM read_csv('$1/orders*.csv')
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY updated_at DESC) = 1
  ),
  exported AS (
    SELECT ordered_at::DATE AS day, count(*) AS orders, sum(grand_total) AS revenue
    FROM export GROUP BY ordered_at::DATE
  ),
  stored AS (
    SELECT ordered_at::DATE AS day, count(*) AS orders, sum(grand_total) AS revenue
    FROM orders GROUP BY ordered_at::DATE
  )
  SELECT coalesce(e.day, s.day) AS day, e.orders, s.orders, e.revenue, s.revenue
  FROM exported e FULL JOIN stored s ON e.day = s.day
  WHERE e.orders IS DISTINCT FROM s.orders OR abs(e.revenue - s.revenue) >= 1
    OR e.revenue IS NULL OR s.revenue IS NULL
  ORDER BY day")

if [ -n "$differing" ]; then
  echo "day,orders exported,orders stored,revenue exported,revenue stored"
  echo "$differing"
  exit 1
fi
echo "the export and the database agree on every day"
