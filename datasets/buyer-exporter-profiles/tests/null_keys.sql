-- No profile without a company.
SELECT 'buyer_profile' AS profile, destination_country AS country FROM buyer_profile WHERE buyer_uuid IS NULL
UNION ALL
SELECT 'exporter_profile', origin_country FROM exporter_profile WHERE supplier_uuid IS NULL
