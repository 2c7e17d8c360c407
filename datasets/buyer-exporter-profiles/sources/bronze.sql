-- Bronze: customs records as they come, everything text, and the master list of companies. Files are
-- looked for in the folder that the variable `data` names.

-- Records of customs files, everything as text.
-- @files {{ var('data') }}/stg_shipments_raw*.csv  @owner data-platform
CREATE BRONZE TABLE stg_shipments_raw (
  raw_id BIGINT PRIMARY KEY,
  source_file VARCHAR NOT NULL,
  reporting_country VARCHAR NOT NULL,
  direction VARCHAR NOT NULL CHECK (direction IN ('IMPORT', 'EXPORT')),
  shipment_date VARCHAR,
  hs_code VARCHAR,
  goods_description VARCHAR,
  quantity VARCHAR,
  unit VARCHAR,
  value_usd VARCHAR,
  buyer_name VARCHAR,
  supplier_name VARCHAR,
  origin_country VARCHAR,
  destination_country VARCHAR,
  ingested_at TIMESTAMPTZ
);

-- The master list of companies.
-- @files {{ var('data') }}/organizations_master*.csv  @owner data-platform
CREATE BRONZE TABLE organizations_master (
  org_uuid UUID PRIMARY KEY,
  name_normalized VARCHAR NOT NULL UNIQUE,
  country VARCHAR,
  org_type VARCHAR,
  created_at TIMESTAMPTZ
);
