-- One row of the ledger per shipment record: nothing aggregated, nothing lost.
SELECT raw.n AS raw_rows, standardized.n AS standardized_rows, ledger.n AS ledger_rows
FROM (SELECT COUNT(*) AS n FROM stg_shipments_raw) raw,
    (SELECT COUNT(*) AS n FROM stg_shipments_standardized) standardized,
    (SELECT COUNT(*) AS n FROM global_trades_ledger) ledger
WHERE raw.n <> standardized.n OR raw.n <> ledger.n
