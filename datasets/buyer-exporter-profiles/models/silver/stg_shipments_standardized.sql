-- One row per raw record with dates, codes, weights, values and names in one form.
-- @layer silver  @key std_id  @tags shipments  @owner data-platform
SELECT
    raw_id AS std_id,
    source_file,
    reporting_country,
    direction,
    CASE
        WHEN shipment_date LIKE '%/%' THEN strptime(shipment_date, '%d/%m/%Y')::DATE
        ELSE shipment_date::DATE
    END AS shipment_date,
    hs_code AS hs_code_raw,
    substring(hs_code, 1, 6) AS hs_code_6,
    goods_description,
    (replace(quantity, ',', '')::DECIMAL(18,3)
        * CASE WHEN unit = 'MTS' THEN 1000 ELSE 1 END)::DECIMAL(18,3) AS qty_kg,
    replace(value_usd, ',', '')::DECIMAL(18,2) AS customs_value_usd,
    trim(regexp_replace(upper(buyer_name), '[^A-Z0-9 ]', '', 'g')) AS buyer_name_normalized,
    trim(regexp_replace(upper(supplier_name), '[^A-Z0-9 ]', '', 'g')) AS supplier_name_normalized,
    origin_country,
    destination_country,
    ingested_at
FROM stg_shipments_raw
