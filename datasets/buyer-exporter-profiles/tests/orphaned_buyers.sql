-- Every buyer is on the master list.
SELECT p.buyer_uuid
FROM buyer_profile p
LEFT JOIN organizations_master o ON p.buyer_uuid = o.org_uuid
WHERE o.org_uuid IS NULL
