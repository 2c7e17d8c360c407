#!/usr/bin/env bash
# A shop's data from raw CSV to gold, then a sync of two days: what `make demo` runs.
set -euo pipefail
cd "$(dirname "$0")/../.."

olap=.build/release/olap
project=datasets/keycrm
data=$PWD/demo-data/keycrm
database=$PWD/demo-data/keycrm.olap
here=(--project-dir "$project" --database "$database" --vars "data=$data")

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
sql() { "$olap" shell "$database" -box -c "$1"; }

rm -rf "$data" "$database"*
mkdir -p demo-data

step "Generate the shop: 100,000 orders in two years"
.build/release/olap-datasets keycrm --orders 100000 --sync-batch --out "$data"
wc -l "$data"/*.csv | sed "s|$data/||"

step "Build the project: nine bronze tables from nine files, five models, five tests; all or nothing"
"$olap" build "${here[@]}"
sql "SELECT * FROM gold_revenue_daily ORDER BY date DESC, sales_type LIMIT 8"

step "A sync brings two days: new orders, changed ones, a return. Upsert it"
"$olap" load "$database" orders "$data/sync/orders.csv" --key id
"$olap" load "$database" order_products "$data/sync/order_products.csv" --key order_id,product_id

step "What would a refresh do?"
sql "EXPLAIN REFRESH ALL"

step "Refresh: all models in one transaction, only rows that differ are written"
"$olap" refresh "${here[@]}"

step "The days of gold it touched"
sql "SELECT * FROM gold_revenue_daily ORDER BY date DESC, sales_type LIMIT 8"

step "Is every table what its SELECT says? Recompute and compare, bit for bit"
"$olap" verify "${here[@]}"

step "The tests, and once more everything: nothing to write"
"$olap" build "${here[@]}"

step "A line with a quantity of -2 arrives. Its rule sends it to quarantine, not to gold"
printf 'order_id,product_id,quantity,price,updated_at\n100174,1003,-2,609.00,2025-12-01 12:00:00+00\n' \
  > "$data/sync/wrong.csv"
"$olap" load "$database" order_products "$data/sync/wrong.csv" --key order_id,product_id
sql "SELECT rule, payload, status FROM olap.quarantine"
cell="date = '2025-12-01' AND product_id = 1003"
sql "SELECT date, product_id, quantity, revenue FROM gold_product_daily WHERE $cell"

step "Mend it where it waits: the next refresh admits it, and gold follows"
sql "UPDATE olap.quarantine SET payload = replace(payload, '-2', '2') WHERE status = 'QUARANTINED'"
"$olap" refresh "${here[@]}"
sql "SELECT date, product_id, quantity, revenue FROM gold_product_daily WHERE $cell"

step "Where does that revenue come from? The rows of every layer beneath it"
sql "SELECT source_layer, source_table, source_column FROM olap.column_lineage
     WHERE model = 'gold_product_daily' AND column_name = 'revenue'"
"$olap" shell "$database" -c ".maxwidth 150" -c "EXPLAIN ROW gold_product_daily WHERE $cell"

step "What ran"
"$olap" show runs "${here[@]}"
