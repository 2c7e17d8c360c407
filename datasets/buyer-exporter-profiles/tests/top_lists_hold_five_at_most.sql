-- Lists hold five entries at most, and every profile has a product.
SELECT buyer_uuid AS company, 'buyer' AS kind
FROM buyer_profile
WHERE json_array_length(top_hs_codes) NOT BETWEEN 1 AND 5 OR json_array_length(top_suppliers) > 5
UNION ALL
SELECT supplier_uuid, 'exporter'
FROM exporter_profile
WHERE json_array_length(top_hs_codes) NOT BETWEEN 1 AND 5 OR json_array_length(top_buyers) > 5
