-- Every exporter is on the master list.
SELECT p.supplier_uuid
FROM exporter_profile p
LEFT JOIN organizations_master o ON p.supplier_uuid = o.org_uuid
WHERE o.org_uuid IS NULL
