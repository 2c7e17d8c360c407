#!/usr/bin/env bash
# A shop's data from raw CSV to gold, then a sync of two days: what `make demo` runs.
set -euo pipefail
cd "$(dirname "$0")/../.."

olap=.build/release/olap
here=datasets/keycrm
data=demo-data/keycrm
database=demo-data/keycrm.olap

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }

rm -rf "$data" "$database" "$database-wal"
mkdir -p demo-data

step "Generate the shop: 100,000 orders in two years"
.build/release/olap-datasets keycrm --orders 100000 --sync-batch --out "$data"
wc -l "$data"/*.csv | sed 's|demo-data/keycrm/||'

step "Bronze: declare nine tables, load nine files"
"$olap" shell "$database" -f $here/schema.sql
for file in "$data"/*.csv; do
  "$olap" load "$database" "$(basename "$file" .csv)" "$file"
done

step "Silver and gold: three SELECTs, kept by the engine"
"$olap" shell "$database" -f $here/layers.sql
"$olap" shell "$database" -box -c "REFRESH ALL"
"$olap" shell "$database" -box -c "
  SELECT * FROM gold_revenue_daily ORDER BY date DESC, sales_type LIMIT 8"

step "A sync brings two days: new orders, changed ones, a return"
"$olap" load "$database" orders "$data/sync/orders.csv" --key id
"$olap" load "$database" order_products "$data/sync/order_products.csv" --key order_id,product_id
"$olap" shell "$database" -box -c "REFRESH ALL"

step "Gold after it"
"$olap" shell "$database" -box -c "
  SELECT * FROM gold_revenue_daily ORDER BY date DESC, sales_type LIMIT 8" -c "
  SELECT date, product_name, brand, quantity, revenue
  FROM gold_product_daily ORDER BY date DESC, revenue DESC, product_id LIMIT 8"

step "What ran"
"$olap" shell "$database" -box -c "
  SELECT * FROM olap.pipeline_runs ORDER BY started_at" -c "
  SELECT * FROM olap.model_runs"
