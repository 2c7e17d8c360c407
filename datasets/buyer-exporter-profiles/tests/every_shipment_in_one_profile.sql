-- Profiles account for every shipment once.
SELECT ledger.n AS ledger_rows, profiles.n AS profile_shipments
FROM (SELECT COUNT(*) AS n FROM global_trades_ledger) ledger,
    (SELECT SUM(total_shipments) AS n
     FROM (SELECT total_shipments FROM buyer_profile
           UNION ALL
           SELECT total_shipments FROM exporter_profile) p) profiles
WHERE ledger.n <> profiles.n
